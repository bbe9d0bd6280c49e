"""The page of who did what: its filters, its pages, and the table for other programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.audit_kit import table, write
from tests.rows import give_machine, give_share, give_team, give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Code, Machine, Token
from vps.services import audit_lines

pytestmark = pytest.mark.django_db
PAGES = ("/audit/", "/audit/lines.csv")


@pytest.fixture
def machine(anna: User) -> Machine:
    token = give_token(anna, name="All of it")
    machine = give_machine(token, machine={"name": "web-01", "project": "prj-1", "product": "vm-1"})
    write(Code.POWER_REQUESTED, person=anna, machine=machine, token=token, command="reboot")
    write(
        Code.POWER_ANSWERED,
        person=anna,
        machine=machine,
        token=token,
        command="reboot",
        outcome="failed",
        reason="dns",
    )
    return machine


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("address", PAGES)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, address: str) -> None:
    assert sent_to_sign_in(anonymous, address, "get")


@pytest.mark.parametrize("address", PAGES)
def test_it_is_only_read(signed_in: Client, address: str) -> None:
    assert refused_methods(signed_in, address, "post", "put", "delete", "patch")


@pytest.mark.parametrize("address", PAGES)
def test_nothing_of_it_is_kept_by_a_browser(signed_in: Client, address: str) -> None:
    assert "no-store" in signed_in.get(address)["Cache-Control"]


def test_who_may_read_nothing_is_told_what_will_stand_here(signed_in: Client) -> None:
    page = text(signed_in.get("/audit/"))
    assert "Nothing yet." in page
    assert "Save as CSV" not in page
    assert "No line that you may read is like that." in text(signed_in.get("/audit/?outcome=failed"))


def test_a_line_says_who_did_what_to_what_through_whose_token_and_with_what_outcome(
    signed_in: Client, machine: Machine
) -> None:
    page = text(signed_in.get("/audit/"))
    for told in (
        "anna",
        "Pressed Reboot",
        "reason: dns",
        "web-01",
        "Failed",
        "?machine=prj-1/vm-1",
        "All of it",
    ):
        assert told in page


def test_anothers_lines_are_on_no_page(ben: User, machine: Machine) -> None:
    client = Client()
    client.force_login(ben)
    for filters in ("", "?machine=prj-1/vm-1", "?person=anna", "?kind=power", "?outcome=failed"):
        assert "Pressed Reboot<" not in text(client.get(f"/audit/{filters}"))
        assert len(table(client.get(f"/audit/lines.csv{filters}"))) == 1


def test_a_member_is_not_told_what_anothers_token_is_called(ben: User, machine: Machine, anna: User) -> None:
    give_share(Token.objects.get(owner=anna), give_team("Shop", operator=ben))
    client = Client()
    client.force_login(ben)
    page = text(client.get("/audit/"))
    assert "Pressed Reboot" in page
    assert "All of it" not in page
    assert "All of it" not in str(table(client.get("/audit/lines.csv")))


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        ("machine=prj-1/vm-1", 2),
        ("machine=WEB-01", 2),
        ("machine=vm-1", 2),
        ("machine=prj-1/vm-2", 0),
        ("person=Anna", 3),
        ("person=ben", 0),
        ("person=nobody", 0),
        ("kind=power", 2),
        ("kind=power.answered", 1),
        ("kind=signin", 1),
        ("kind=wall", 0),
        ("outcome=failed", 1),
        ("outcome=failed&kind=power.requested", 0),
        ("outcome=succeeded", 0),
        ("since=2020-01-01", 3),
        ("until=2020-01-01T10:00", 0),
        ("since=2020-01-01&until=2099-01-01 10:00&person=anna&machine=web-01&kind=power&outcome=failed", 1),
    ],
)
def test_filters_stand_in_the_address(
    signed_in: Client, anna: User, machine: Machine, filters: str, lines: int
) -> None:
    write(Code.SIGNED_IN, person=anna)
    assert text(signed_in.get(f"/audit/?{filters}")).count("<tr>") - 1 == lines or lines == 0
    assert len(table(signed_in.get(f"/audit/lines.csv?{filters}"))) - 1 == lines


def test_a_teams_lines_alone(signed_in: Client, anna: User) -> None:
    shop, bakery = give_team("Shop", admin=anna), give_team("Bakery", viewer=anna)
    write(Code.TEAM_RENAMED, team=shop)
    write(Code.SIGNED_IN, person=anna)
    page = text(signed_in.get(f"/audit/?team={shop.pk}"))
    assert "Renamed a team<" in page.split("<tbody>")[1]
    assert "Signed in" not in page.split("<tbody>")[1]
    assert "No line" in text(signed_in.get(f"/audit/?team={bakery.pk}"))


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ("machine=web", "You see no machine of that name or id."),
        ("machine=a/b/c", "You see no machine of that name or id."),
        ("machine=twin", "Several machines are called so."),
        ("machine=a%07b", "A name holds no control characters."),
        ("person=a%0Ab", "A name holds no control characters."),
        (f"person={'x' * 201}", "That is too long."),
        ("team=5", "Choose one of these."),
        ("kind=gossip", "Choose one of these."),
        ("outcome=maybe", "Choose one of these."),
        ("since=yesterday", "Write a day and a time"),
        ("until=2026-13-01", "Write a day and a time"),
        ("since=2026-02-02&until=2026-02-01", "This is not after the time that it begins with."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_no_line_is_shown(
    signed_in: Client, anna: User, machine: Machine, filters: str, sentence: str
) -> None:
    for name in ("Twin", "twin"):
        give_machine(give_token(anna), machine={"name": name})
    page = text(signed_in.get(f"/audit/?{filters}"))
    assert sentence in page
    assert "web-01</a>" not in page
    assert signed_in.get(f"/audit/lines.csv?{filters}").headers["Location"].startswith("/audit/?")


def test_suggestions_are_of_what_one_may_see(
    signed_in: Client, anna: User, ben: User, machine: Machine
) -> None:
    other = User.objects.create_user("cleo")
    give_machine(give_token(other), machine={"name": "secret-01"})
    give_team("Shop", admin=anna, viewer=ben)
    give_team("Bakery", admin=other)
    page = text(signed_in.get("/audit/"))
    assert '<option value="ben">' in page
    assert '<option value="prj-1/vm-1">web-01</option>' in page
    assert "Shop" in page
    for hidden in ("cleo", "secret-01", "Bakery"):
        assert hidden not in page


def test_pages_lead_back_and_forth(signed_in: Client, anna: User) -> None:
    now = timezone.now()
    for number in range(audit_lines.PAGE + 10):
        write(Code.SIGNED_IN, now - timedelta(minutes=number), person=anna, address=f"10.0.0.{number}")
    first = signed_in.get("/audit/?person=anna")
    assert "after=" not in text(first)
    older = first.context["page"].older
    second = signed_in.get(f"/audit/?person=anna&before={older}")
    assert text(second).count("from 10.0.0.") == 10
    assert "person=anna&amp;after=" in text(second)
    newer = second.context["page"].newer
    again = signed_in.get(f"/audit/?person=anna&after={newer}")
    assert again.context["page"] == first.context["page"]


@pytest.mark.parametrize(
    "mark", ["x", "-", "20260101T000000.000000-", "20260101T000000.000000-x", "9" * 40, "%00-1"]
)
def test_a_mark_that_makes_no_sense_is_the_first_page(signed_in: Client, machine: Machine, mark: str) -> None:
    for way in ("before", "after"):
        assert "Pressed Reboot" in text(signed_in.get(f"/audit/?{way}={mark}"))


def test_a_machines_page_leads_to_its_lines(signed_in: Client, machine: Machine) -> None:
    assert 'href="/audit/?machine=prj-1/vm-1"' in text(signed_in.get("/machines/prj-1/vm-1/"))


def test_names_are_text_and_no_markup(signed_in: Client, anna: User, person: Callable[..., User]) -> None:
    machine = give_machine(give_token(anna), machine={"name": "<img src=x>"})
    write(Code.MACHINE_TAGGED, person=anna, machine=machine, added="<b>prod</b>")
    page = text(signed_in.get("/audit/"))
    assert "<img src=x>" not in page
    assert "&lt;b&gt;prod&lt;/b&gt;" in page
