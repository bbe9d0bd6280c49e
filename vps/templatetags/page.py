"""What templates need on every page: moments in words, icons, the theme."""

from datetime import datetime

from django import template
from django.contrib.auth.models import AbstractUser
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vps.services import times

register = template.Library()

THEMES = ("system", "dark", "light")
COPYING = {
    "flash": gettext_lazy("Copied"),
    "failed": gettext_lazy("Not copied"),
    "copied": gettext_lazy("Copied: %(text)s"),
    "uncopied": gettext_lazy("Your browser does not let this page copy. Select the text instead."),
}


@register.simple_tag
def moment(at: datetime | None, kind: str) -> str:
    """A moment as a <time>, told in UTC; static/js/time.js tells it in the viewer's zone, and keeps it so.

    `kind` is one of ago, old, up, for, added, expires, clock, when, day, date, exact. No moment is a dash.
    """
    if at is None:
        return "–"
    return times.time_element(at, kind)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the stroke icons, from the one sprite. Decoration: it stands beside words or in a named button."""
    sprite = static("vendor/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.simple_tag
def shield() -> SafeString:
    """The sign of a protected machine: one element, as cards have few to spare, which says what it means."""
    word = _("Protected")
    return format_html(
        '<img class="icon" src="{}" alt="{}" title="{}">', static("img/shield.svg"), word, word
    )


@register.simple_tag
def script_words() -> SafeString:
    """The attributes of the element #words, where the scripts read what they say."""
    return format_html_join("", ' data-{}="{}"', (times.FRAMES | times.SPANS | COPYING).items())


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """The attribute for <html> when the viewer chose light or dark; what the system says needs none."""
    chosen = _chosen_theme(context)
    return "" if chosen == "system" else format_html(' data-theme="{}"', chosen)


@register.simple_tag(takes_context=True)
def next_theme(context: template.Context) -> str:
    """What the theme button asks for where no script runs: system, dark, light, and round again."""
    return THEMES[(THEMES.index(_chosen_theme(context)) + 1) % len(THEMES)]


@register.simple_tag(takes_context=True)
def current(context: template.Context, page: str, below: str) -> SafeString:
    """Marks a link of the head whose page is shown, or a page `below` it."""
    request = context.get("request")
    path = request.path if request else ""
    if path == page:
        return format_html(' aria-current="{}"', "page")
    return format_html(' aria-current="{}"', "true") if path.startswith(below) else SafeString("")


@register.filter
def initials(user: AbstractUser | str) -> str:
    """At most two letters for a person's round sign, of the name that all sentences call them by."""
    name = user if isinstance(user, str) else user.get_username()
    parts = name.replace(".", " ").replace("_", " ").replace("-", " ").split()
    return "".join(part[0] for part in parts[:2]).upper()


@register.filter
def tone(level: str) -> str:
    """The tone of a message to the person, from its level."""
    return {"success": "ok", "error": "bad", "warning": "late"}.get(level, "off")


def _chosen_theme(context: template.Context) -> str:
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in THEMES else "system"
