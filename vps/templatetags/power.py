"""What pages with power buttons need."""

import secrets

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vps.services.action_words import BUTTONS, Command
from vps.services.confirming import Question

register = template.Library()

ADDRESSES: dict[str, str] = {
    Command.START: "power_start",
    Command.STOP: "power_shutdown",
    Command.REBOOT: "power_reboot",
    Command.KILL: "power_force_stop",
}
ICONS: dict[str, str] = {
    Command.START: "play",
    Command.STOP: "power",
    Command.REBOOT: "rotate-cw",
    Command.KILL: "square",
}


@register.simple_tag
def nonce() -> str:
    """Names one press: with it a button acts once, however often it is sent."""
    return secrets.token_urlsafe(12)


@register.simple_tag
def nonce_field() -> SafeString:
    """The nonce of a page's power buttons; every answer to a press puts a fresh one in its place."""
    return format_html('<input type="hidden" name="nonce" id="nonce" value="{}">', nonce())


@register.simple_tag
def power_url(question: Question, command: str) -> str:
    """Where a power button of that machine leads."""
    return reverse(ADDRESSES[command], args=[question.project, question.product])


@register.filter
def button(command: str) -> str:
    """What a power button is called."""
    return str(BUTTONS[command])


@register.filter
def power_icon(command: str) -> str:
    """The name of its icon."""
    return ICONS[command]
