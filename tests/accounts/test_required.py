"""A second factor that the installation asks for: of whom, from when on, and what is left to who has none."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.factor_rows import give_app, give_codes, give_passkey
from vps.accounts.required import factor_due
from vps.models import Member, Role, SecondFactor, Team

FACTORS = "/accounts/2fa/"
NEEDED = "Your role needs a second factor by"
OPEN = [
    FACTORS,
    f"{FACTORS}app/add/",
    f"{FACTORS}passkeys/add/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
]


@pytest.fixture(autouse=True)
def asked(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "operators"


def join(person: User, role: Role) -> None:
    Member.objects.create(team=Team.objects.create(name=f"{role}"), person=person, role=role)


@pytest.fixture
def operator(anna: User, signed_in: Client) -> Client:
    join(anna, Role.OPERATOR)
    return signed_in


@pytest.fixture
def overdue(anna: User, operator: Client) -> Client:
    asked_of(anna, days=8)
    return operator


def asked_of(person: User, days: float) -> None:
    since = timezone.now() - timedelta(days=days)
    SecondFactor.objects.update_or_create(person=person, defaults={"asked_since": since})


def leads_away(client: Client, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 303 and answer["Location"] == FACTORS


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_who_may_act_is_told_so_from_the_first_page_on(anna: User, signed_in: Client, role: Role) -> None:
    join(anna, role)
    assert NEEDED in signed_in.get("/tokens/").content.decode()
    since = SecondFactor.objects.get(person=anna).asked_since
    assert since is not None
    signed_in.get("/tokens/")
    assert SecondFactor.objects.get(person=anna).asked_since == since


def test_an_admin_of_the_installation_is_asked(anna: User, signed_in: Client) -> None:
    User.objects.filter(pk=anna.pk).update(is_superuser=True)
    assert NEEDED in signed_in.get("/tokens/").content.decode()


def test_who_only_looks_is_not_asked(anna: User, signed_in: Client) -> None:
    join(anna, Role.VIEWER)
    assert NEEDED not in signed_in.get("/tokens/").content.decode()
    assert not SecondFactor.objects.exists()


def test_nobody_is_asked_where_the_installation_says_nothing(overdue: Client, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "off"
    answer = overdue.get("/tokens/")
    assert answer.status_code == 200
    assert NEEDED not in answer.content.decode()


@pytest.mark.parametrize(("days", "away"), [(6.9, False), (7.1, True)])
def test_the_grace_is_a_week(anna: User, operator: Client, days: float, away: bool) -> None:
    asked_of(anna, days)
    assert leads_away(operator, "/tokens/") is away


def test_it_may_be_none(operator: Client, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR_DAYS = 0
    assert leads_away(operator, "/tokens/")


@pytest.mark.parametrize(
    "path", ["/", "/cards/", "/tokens/", "/machines/shop/web-01/", "/accounts/sessions/"]
)
def test_afterwards_every_page_leads_to_where_one_is_set_up(overdue: Client, path: str) -> None:
    assert leads_away(overdue, path)
    fragment = overdue.get(path, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.content, fragment["HX-Redirect"]) == (200, b"", FACTORS)


def test_afterwards_nothing_else_is_done(overdue: Client) -> None:
    answer = overdue.post("/tokens/add/", {"name": "mine", "token": "key_0123456789", "projects": "p"})
    assert (answer.status_code, answer["Location"]) == (303, FACTORS)


@pytest.mark.parametrize("path", OPEN)
def test_the_way_to_one_and_the_way_out_stay_open(overdue: Client, path: str) -> None:
    answer = overdue.get(path)
    assert answer.status_code == 200
    if path != "/accounts/logout/" and not path.startswith("/accounts/re"):
        assert "Set one up to go on" in answer.content.decode()


def test_one_may_still_sign_out_and_choose_light_or_dark(overdue: Client) -> None:
    assert overdue.post("/theme/", {"theme": "dark"}).headers["Location"] == "/"
    assert overdue.post("/accounts/logout/").headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize("give", [give_app, give_passkey])
def test_with_a_factor_one_is_asked_no_more(
    anna: User, overdue: Client, give: Callable[[User], object]
) -> None:
    give(anna)
    answer = overdue.get("/tokens/")
    assert answer.status_code == 200
    assert NEEDED not in answer.content.decode()


def test_recovery_codes_alone_are_no_factor(anna: User, overdue: Client) -> None:
    give_codes(anna)
    assert leads_away(overdue, "/tokens/")


def test_who_removes_theirs_has_no_second_grace(anna: User, overdue: Client) -> None:
    give_app(anna)
    assert overdue.get("/tokens/").status_code == 200
    overdue.post(f"{FACTORS}app/remove/")
    assert leads_away(overdue, "/tokens/")


def test_what_needs_no_signing_in_needs_no_factor(overdue: Client) -> None:
    assert overdue.get("/healthz").status_code == 200


def test_where_nobody_is_asked_no_question_is_put_to_the_database(
    signed_in: Client,
    settings: Settings,
    django_assert_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    settings.REQUIRE_SECOND_FACTOR = "off"
    with django_assert_num_queries(0):
        assert factor_due(User()) is None
