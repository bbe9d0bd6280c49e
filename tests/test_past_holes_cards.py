"""What went wrong in comparable panels where somebody may see a machine and not act on it."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.matrix_spy import all_rows, watching
from tests.rows import give_machine, give_share, give_team, give_token
from tests.services.conftest import ben
from vps.models import Machine, Role
from vps.services.remarks import mark_of

__all__ = ["ben"]
pytestmark = pytest.mark.django_db
AT = "/machines/prj-1/vm-1/"
# Every address that does something to a machine, what is posted there, and the least role that may.
ACTIONS: dict[str, tuple[dict[str, Any], Role]] = {
    "start/": ({}, Role.OPERATOR),
    "shutdown/": ({}, Role.OPERATOR),
    "reboot/": ({}, Role.OPERATOR),
    "force-stop/": ({"sure": "on"}, Role.OPERATOR),
    "console/ticket/": ({}, Role.OPERATOR),
    "login/reveal/": ({}, Role.ADMIN),
    "login/clear/": ({}, Role.ADMIN),
    "protect/": ({}, Role.ADMIN),
    "unprotect/": ({}, Role.ADMIN),
    "expected/": ({"expected": "on"}, Role.ADMIN),
    "tags/": ({"tags": "web"}, Role.OPERATOR),
    "notes/": ({"notes": "x", "seen": mark_of("")}, Role.OPERATOR),
    "keeper/": ({"keeper": ""}, Role.OPERATOR),
}
PAGES = ("/", "/?view=table", "/?select=1", "/?view=table&select=1", AT, f"{AT}menu/", f"{AT}live/?span=1h")


@pytest.fixture
def shared(anna: User, ben: User, settings: Settings) -> Machine:
    """Anna's machine, at which Ben looks."""
    settings.VPS_CONSOLE_URL = "wss://console.example.net"
    token = give_token(anna)
    give_share(token, give_team(admin=anna, viewer=ben))
    return give_machine(token, machine={"name": "web-01", "product": "vm-1"}, word="stopped")


@pytest.fixture
def bens(ben: User) -> Client:
    client = Client()
    client.force_login(ben)
    return client


def set_role(ben: User, role: Role) -> None:
    ben.memberships.update(role=role)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", Role)
def test_who_may_only_look_cannot_switch_it_off(
    action: str, role: Role, shared: Machine, ben: User, bens: Client
) -> None:
    """WebVirtCloud #682: view-only members could power machines off."""
    typed, least = ACTIONS[action]
    set_role(ben, role)
    before = all_rows()
    with watching() as spy:
        answer = bens.post(f"{AT}{action}", typed)
    if role < least:
        assert (answer.status_code, spy.calls, all_rows()) == (403, [], before)
    else:
        assert answer.status_code != 403


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_page_does_not_show_is_not_open_behind_it(action: str, shared: Machine, bens: Client) -> None:
    """Dozzle GHSA-m855: the routes of actions were open for what was hidden from somebody."""
    for page in PAGES:
        assert f"{AT}{action}" not in bens.get(page).content.decode(), page
    shared.accesses.first().token.shares.all().delete()  # type: ignore[union-attr]
    before = all_rows()
    with watching() as spy:
        assert bens.post(f"{AT}{action}", ACTIONS[action][0]).status_code == 404
        assert bens.get(f"{AT}{action}").status_code in (404, 405)
    assert (spy.calls, all_rows()) == ([], before)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("page", PAGES)
def test_a_viewers_page_has_no_live_control(page: str, bens: Client) -> None:
    html = bens.get(page).content.decode()
    assert "formaction" not in html
    assert 'type="checkbox" name="' not in html
    assert 'popovertarget="more"' not in html
    assert not re.search(rf'action="(?:{AT}|/bulk/)', html)
    assert not re.search(rf'href="{AT}(?:console|login|start|shutdown|reboot|force-stop)/', html)


@pytest.mark.parametrize(
    ("role", "controls"),
    [
        (Role.OPERATOR, {"console", "start", "reboot", "shutdown", "force-stop"}),
        (Role.ADMIN, {"console", "start", "reboot", "shutdown", "force-stop", "login"}),
    ],
)
def test_each_role_is_shown_what_it_may(
    role: Role, controls: set[str], shared: Machine, ben: User, bens: Client
) -> None:
    set_role(ben, role)
    for page in (AT, f"{AT}menu/"):
        assert set(re.findall(rf'"{AT}(\w[\w-]*)/"', bens.get(page).content.decode())) & {
            "console", "login", "start", "shutdown", "reboot", "force-stop",
        } == controls  # fmt: skip


def test_an_operator_sees_why_a_protected_machine_is_not_theirs_to_switch(
    shared: Machine, ben: User, bens: Client
) -> None:
    set_role(ben, Role.OPERATOR)
    Machine.objects.update(protected=True)
    for page in ("/", f"{AT}menu/", AT):
        html = bens.get(page).content.decode()
        assert "Protected: only admins of its team and token owners may" in html
        assert "formaction" not in html
    with watching() as spy:
        answers = {
            bens.post(f"{AT}{action}/", {"name": "web-01"}).status_code for action in ("start", "reboot")
        }
    assert (answers, spy.calls) == ({403}, [])
    console = bens.get(f"{AT}console/")
    assert (console.status_code, b"Start\xe2\x80\xa6" in console.content) == (200, False)


def test_two_people_of_other_rights_are_shown_other_cards(
    shared: Machine, ben: User, bens: Client, signed_in: Client
) -> None:
    """Cards are drawn once and shared: never between rights."""
    assert "formaction" in signed_in.get("/").content.decode()
    assert "formaction" not in bens.get("/").content.decode()
    set_role(ben, Role.OPERATOR)
    assert "formaction" in bens.get("/").content.decode()


def test_a_bulk_of_all_leaves_out_what_one_may_only_look_at(shared: Machine, ben: User, bens: Client) -> None:
    give_machine(give_token(ben), machine={"name": "his"}, word="stopped")
    answer = bens.post("/bulk/", {"command": "start", "all": "1"}, follow=True)
    html = answer.content.decode()
    assert "You may only look at it." in html
    assert "Start 1 machine?" in html
