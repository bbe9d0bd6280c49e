"""The browsers in which somebody is signed in, as the session store holds them."""

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.http import int_to_base36

HALF_WAY = (
    "account_login"  # where django-allauth keeps who gave the password, and has a second factor to give
)
AT_ONCE = 500


def end_sessions(person: User, *, but: str = "") -> int:
    """Deletes every session of a person but the one of that key, half-way ones too; says how many were good still.

    All of the store is read: only its rows tell surely whose they are. Run it in the transaction that takes the right
    to sign in away, after it has done so.
    """
    listed = apps.get_model("usersessions", "UserSession").objects.filter(user_id=person.pk)
    keys = set(listed.values_list("session_key", flat=True))
    keys.update(row.session_key for row in Session.objects.iterator(AT_ONCE) if _is_of(person, row))
    keys.discard(but)
    ended, ordered, now = 0, sorted(keys), timezone.now()
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        ended += Session.objects.filter(session_key__in=some, expire_date__gt=now).count()
        Session.objects.filter(session_key__in=some).delete()
    listed.exclude(session_key=but).delete()
    return ended


def _is_of(person: User, row: Session) -> bool:
    data = row.get_decoded()
    half_way = data.get(HALF_WAY)
    waiting = half_way.get("user_pk") if isinstance(half_way, dict) else None
    return data.get(SESSION_KEY) == str(person.pk) or waiting == int_to_base36(person.pk)
