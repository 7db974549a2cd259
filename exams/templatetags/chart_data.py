"""`{{ numbers|chart_data:"shift-data" }}`: what a chart is drawn from, beside its canvas."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def chart_data(value: Any, element_id: str) -> SafeString:
    """`value` as JSON in a hidden element. Not a json_script: htmx, as it is configured here, drops script elements of
    every type from what it swaps in, and the charts of a run that has just finished would stay empty.
    """
    return format_html('<div id="{}" hidden>{}</div>', element_id, json.dumps(value, cls=DjangoJSONEncoder))
