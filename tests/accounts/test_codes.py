"""Signing in with a second factor: codes of an app and recovery codes, each good once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.accounts.factor_kit import AUTHENTICATE, code, half_way, is_in, type_code
from tests.conftest import PASSWORD
from tests.factor_rows import SEED, give_app, give_codes
from vps.models import AuditEvent, SecondFactor


@pytest.fixture
def app(anna: User) -> Authenticator:
    return give_app(anna)


def test_the_password_alone_signs_nobody_in(app: Authenticator) -> None:
    client = half_way()
    assert not is_in(client)
    assert client.get("/tokens/")["Location"] == "/accounts/login/?next=/tokens/"
    assert "Now your second factor" in client.get(AUTHENTICATE).content.decode()


def test_a_code_signs_in_and_leads_to_the_wanted_page(app: Authenticator) -> None:
    client = half_way()
    answer = type_code(client, code())
    assert (answer.status_code, answer["Location"]) == (302, "/tokens/")
    assert is_in(client)
    assert client.session.get_expiry_age() == 14 * 24 * 3600
    assert AuditEvent.objects.get(code="signin.succeeded").detail["method"] == "password and totp"


@pytest.mark.parametrize("later", [-1, 1])
def test_clocks_may_differ_by_half_a_minute(app: Authenticator, later: int) -> None:
    client = half_way()
    type_code(client, code(later=later))
    assert is_in(client)


@pytest.mark.parametrize("typed", ["", "000000", "abc", "x" * 100_000, "\x00", "१२३४५६", code("A" * 32)])
def test_another_code_does_not(app: Authenticator, typed: str) -> None:
    client = half_way()
    answer = type_code(client, typed)
    assert answer.status_code == 200
    assert not is_in(client)
    assert SecondFactor.objects.filter(last_counter__gte=0).count() == 0


def test_a_code_is_good_once_and_so_is_every_earlier_one(app: Authenticator) -> None:
    typed, earlier = code(), code(later=-1)
    type_code(half_way(), typed)
    for again in (typed, earlier):
        late = half_way()
        assert "A code is good once" in type_code(late, again).content.decode()
        assert not is_in(late)


def test_confirming_uses_a_code_up_as_well(app: Authenticator, signed_in: Client) -> None:
    typed = code()
    answer = signed_in.post("/accounts/2fa/reauthenticate/", {"code": typed, "next": "/tokens/"})
    assert answer["Location"] == "/tokens/"
    late = half_way()
    type_code(late, typed)
    assert not is_in(late)


def test_five_wrong_codes_make_one_wait(app: Authenticator) -> None:
    client = half_way()
    for _try in range(5):
        type_code(client, "000000")
    failed = AuditEvent.objects.filter(code="signin.failed")
    assert [(line.person, line.detail["method"]) for line in failed] == [("anna", "totp")] * 5
    assert "Too many wrong tries." in type_code(client, code()).content.decode()
    assert not is_in(client)


def test_a_recovery_code_is_good_once(anna: User, app: Authenticator) -> None:
    first, second, *_rest = give_codes(anna)
    type_code(one := half_way(), first)
    assert is_in(one)
    type_code(again := half_way(), first)
    assert not is_in(again)
    type_code(again, second)
    assert is_in(again)


def test_somebody_elses_sealed_secret_does_not_open_in_ones_own_row(
    anna: User, app: Authenticator, person: Callable[..., User]
) -> None:
    ben = person("ben")
    moved = give_app(ben)
    Authenticator.objects.filter(pk=moved.pk).update(data=app.data)
    client = half_way("ben")
    assert "does not open" in type_code(client, code()).content.decode()
    assert not is_in(client)


def test_a_disabled_person_gets_no_further_with_a_code(anna: User, app: Authenticator) -> None:
    client = half_way()
    User.objects.filter(pk=anna.pk).update(is_active=False)
    type_code(client, code())
    assert client.get("/tokens/").status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_those_who_come_with_the_same_code_at_once_one_gets_in(anna: User, kind: str) -> None:
    give_app(anna)
    recovery = give_codes(anna)[0]
    typed = code() if kind == "app" else recovery
    clients = [half_way() for _client in range(4)]

    def come(client: Client) -> bool:
        try:
            type_code(client, typed)
            return is_in(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as crowd:
        assert sorted(crowd.map(come, clients)) == [False, False, False, True]


def test_signing_in_is_as_good_as_confirming(app: Authenticator) -> None:
    client = half_way()
    type_code(client, code())
    assert client.get("/accounts/2fa/app/remove/").status_code == 200


def test_the_secret_is_sealed_where_it_is_stored(app: Authenticator) -> None:
    assert SEED not in str(Authenticator.objects.values())
    assert PASSWORD not in str(AuditEvent.objects.values())
