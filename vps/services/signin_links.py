"""Links by which somebody sets a password and signs in, once: for who is new, and for who is locked out."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from vps.access import Keeper, Shell
from vps.models import SigninLink
from vps.services.audit import Code, record
from vps.services.link_keys import Secret, hash_of, new_key
from vps.services.sessions import end_sessions

__all__ = ["DAYS", "LinkOver", "Secret", "hash_of", "link_person", "make_link", "use_link"]

DAYS = 3


class LinkOver(Exception):
    """The link is unknown, used, too old, replaced by another, or its person is disabled."""


def make_link(by: Keeper, person: User) -> Secret:
    """The address of a new link, which is not told again. Earlier ones of this person are good no longer."""
    SigninLink.objects.filter(person_id=person.pk).delete()
    key, key_hash = new_key()
    SigninLink.objects.create(
        person_id=person.pk, key_hash=key_hash, expires_at=timezone.now() + timedelta(days=DAYS)
    )
    record(
        Code.PERSON_LINK_MADE, person=None if isinstance(by, Shell) else by, who=person.username, days=DAYS
    )
    return Secret(settings.PUBLIC_URL + reverse("signin_link", args=[key.reveal()]))


def link_person(key_hash: str) -> User:
    """Whose link it is, if it is still good. Raises LinkOver."""
    good = SigninLink.objects.filter(
        key_hash=key_hash, used_at=None, expires_at__gt=timezone.now(), person__is_active=True
    )
    for link in good.select_related("person"):
        return link.person
    raise LinkOver


def use_link(key_hash: str, password: str) -> User:
    """Sets the password, ends the person's sessions and uses the link up: of two who do so at once, one does.

    Whether they are then signed in is for their second factor to say, if they have one. Raises LinkOver.
    """
    hashed = make_password(password)  # slow by design: before anything is locked
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=link_person(key_hash).pk)
        now = timezone.now()
        link = SigninLink.objects.filter(key_hash=key_hash, used_at=None, expires_at__gt=now)
        if not person.is_active or not link.update(used_at=now):
            raise LinkOver
        person.password = hashed
        person.save(update_fields=["password"])
        record(Code.PASSWORD_CHANGED, person=person, how="link", sessions=end_sessions(person))
    return person
