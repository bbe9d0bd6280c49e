"""Moments and durations in words; static/js/time.js says the same words in the browser."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

CLOCK = "H:i"
DATE = "j F Y"
EXACT = "j F Y, H:i:s"


def duration(span: timedelta) -> str:
    """“12 s”, “6 min”, “2 h 4 min”, “42 d”; never negative."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if hours < 24:
        rest = minutes % 60
        return _("%(h)d h %(m)d min") % {"h": hours, "m": rest} if rest else _("%(h)d h") % {"h": hours}
    return _("%(n)d d") % {"n": days}


def say(at: datetime, kind: str, now: datetime | None = None) -> str:
    """The moment in words, in UTC; raises KeyError for an unknown kind."""
    at = at.astimezone(UTC)
    if kind in {"clock", "date", "exact"}:
        return format_date(at, {"clock": CLOCK, "date": DATE, "exact": EXACT}[kind])
    frame = {
        "ago": _("%(span)s ago"),
        "old": _("%(span)s old"),
        "up": _("up %(span)s"),
        "for": _("for %(span)s"),
        "added": _("added %(span)s ago"),
    }[kind]
    return frame % {"span": duration((now or timezone.now()) - at)}


def time_element(at: datetime, kind: str) -> SafeString:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" data-as="{}">{}</time>', stamp, kind, say(at, kind))
