"""System checks of what accounts promises itself."""

from typing import Any

from django.core.checks import Error, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from accounts.notice_kinds import KINDS


@register()
def every_mail_has_its_templates(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A mail without a template would be found out by the worker, when somebody waits for it."""
    errors = []
    for kind in (name for name, said in KINDS.items() if said.by_mail):
        for ending in ("txt", "html"):
            try:
                get_template(f"mail/{kind}.{ending}")
            except TemplateDoesNotExist:
                errors.append(
                    Error(
                        f"Mails of kind {kind!r} have no template mail/{kind}.{ending}.",
                        hint="Write it, or let the kind be told in the app alone (by_mail=False).",
                        id="accounts.E010",
                    )
                )
    return errors
