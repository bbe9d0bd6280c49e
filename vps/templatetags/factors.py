"""What the pages of second factors need."""

import json

from django import template

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """For an attribute that a script reads."""
    return json.dumps(value)
