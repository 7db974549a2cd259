"""`{{ entry.resource_type|resource_words }}` and `{{ name|detail_words }}`: the log in the words of people."""

from django import template

from audit.console import words

register = template.Library()
register.filter(words.resource_words)
register.filter(words.detail_words)
