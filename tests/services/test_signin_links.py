"""A sign-in link is good once, for three days, for who is not disabled."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.people_kit import key_of, lines
from vps.access import SHELL
from vps.models import AuditEvent, SigninLink
from vps.services.people import disable_person, reset_person
from vps.services.signin_links import LinkOver, hash_of, link_person, use_link

pytestmark = pytest.mark.django_db
NEW = "another-battery-staple"


@pytest.fixture
def key_hash(anna: User) -> str:
    return hash_of(key_of(reset_person(SHELL, anna.pk)))


def test_it_sets_the_password_and_ends_every_session(anna: User, key_hash: str) -> None:
    anna.refresh_from_db()
    Client().force_login(anna)
    assert use_link(key_hash, NEW) == anna
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    assert Session.objects.count() == 0
    assert lines()[-1] == ("signin.password_changed", "anna", "")
    assert AuditEvent.objects.latest("pk").detail == {"how": "link", "sessions": 1}


def test_it_is_good_once(anna: User, key_hash: str) -> None:
    use_link(key_hash, NEW)
    with pytest.raises(LinkOver):
        use_link(key_hash, "a-third-battery-staple")
    anna.refresh_from_db()
    assert anna.check_password(NEW)


def test_it_lasts_three_days(key_hash: str) -> None:
    left = SigninLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    SigninLink.objects.update(expires_at=timezone.now())
    for use in (link_person, lambda known: use_link(known, NEW)):
        with pytest.raises(LinkOver):
            use(key_hash)


def test_an_unknown_one_is_good_for_nothing(anna: User) -> None:
    for unknown in ("", hash_of(""), hash_of("x" * 43), "%", None):
        with pytest.raises(LinkOver):
            use_link(unknown, NEW)  # type: ignore[arg-type]


def test_who_is_disabled_uses_none(anna: User, key_hash: str) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(LinkOver):
        use_link(key_hash, NEW)
    disable_person(SHELL, anna.pk)
    anna.refresh_from_db()
    assert not anna.has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_once_one_does(anna: User, key_hash: str) -> None:
    start, done = threading.Barrier(2), []

    def use(password: str) -> None:
        start.wait(10)
        try:
            use_link(key_hash, password)
            done.append(password)
        except LinkOver:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=[f"{NEW}-{n}"]) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    anna.refresh_from_db()
    assert len(done) == 1
    assert anna.check_password(done[0])
    assert [code for code, _by, _who in lines("signin")] == ["signin.password_changed"]
