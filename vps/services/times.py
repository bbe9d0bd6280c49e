"""Moments and durations in words; static/js/time.js says the same words in the browser."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

FORMATS = {
    "clock": "H:i \\U\\T\\C",
    "day": "j M",
    "dayclock": "j M, H:i \\U\\T\\C",
    "date": "j F Y",
    "exact": "j M Y, H:i:s \\U\\T\\C",
}
FRAMES = {
    "ago": gettext_lazy("%(span)s ago"),
    "old": gettext_lazy("%(span)s old"),
    "up": gettext_lazy("up %(span)s"),
    "for": gettext_lazy("for %(span)s"),
    "added": gettext_lazy("added %(span)s ago"),
    "expires": gettext_lazy("says it expires in %(span)s"),
    "expired": gettext_lazy("says it expired %(span)s ago"),
}
SPANS = {
    "s": gettext_lazy("%(n)d s"),
    "min": gettext_lazy("%(n)d min"),
    "h": gettext_lazy("%(n)d h"),
    "hmin": gettext_lazy("%(h)d h %(m)d min"),
    "d": gettext_lazy("%(n)d d"),
}


def duration(span: timedelta) -> str:
    """“12 s”, “6 min”, “2 h 4 min”, “42 d”; never negative."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return SPANS["s"] % {"n": seconds}
    if minutes < 60:
        return SPANS["min"] % {"n": minutes}
    if days:
        return SPANS["d"] % {"n": days}
    rest = minutes % 60
    return SPANS["hmin"] % {"h": hours, "m": rest} if rest else SPANS["h"] % {"n": hours}


def say(at: datetime, kind: str, now: datetime | None = None) -> str:
    """The moment in words, in UTC; as "when" a time of day, with the day where that is not today; as "expires" what
    is left until then, or since when it is over. Raises KeyError for an unknown kind."""
    at = at.astimezone(UTC)
    if kind == "when":
        kind = "clock" if at.date() == (now or timezone.now()).astimezone(UTC).date() else "dayclock"
    if kind in FORMATS:
        return format_date(at, FORMATS[kind])
    passed = (now or timezone.now()) - at
    if kind == "expires" and passed < timedelta(0):
        return FRAMES[kind] % {"span": duration(-passed)}
    return FRAMES["expired" if kind == "expires" else kind] % {"span": duration(passed)}


def said_until(at: datetime, kind: str, now: datetime) -> datetime:
    """Until when `say` says the same of it, at least."""
    if kind in FORMATS or kind == "when":
        return next_day(now)
    passed = max(timedelta(0), now - at)
    step = timedelta(seconds=1)
    if passed >= timedelta(days=1):
        step = timedelta(days=1)
    elif passed >= timedelta(minutes=1):
        step = timedelta(minutes=1)
    return now - passed % step + step


def next_day(now: datetime) -> datetime:
    """Midnight in UTC, when what was today's becomes another day's."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def time_element(at: datetime, kind: str) -> SafeString:
    """A <time>, told in UTC; static/js/time.js tells it in the viewer's zone, and keeps it so."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" data-as="{}">{}</time>', stamp, kind, say(at, kind))
