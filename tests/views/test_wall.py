"""The wall's page: no name, no address, no button; blank once its link is withdrawn."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.barriers import barriers
from tests.rows import give_action, give_machine, give_share, give_team, give_token
from vps.models import Machine, Member, Role, Tag, Team, Token, WallLink
from vps.services.walls import make_wall

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(hours=3)
ON_TIME: dict[str, Any] = {"late_at": LATER, "due_at": LATER}


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


@pytest.fixture
def machine(token: Token, ben: User) -> Machine:
    told = {
        "name": "web-01",
        "ipv4": "203.0.113.9",
        "ipv6": "2001:db8::9/64",
        "notes": "Ask Ben.",
        "keeper": ben,
    }
    machine = give_machine(token, machine=told, **ON_TIME)
    Tag.objects.create(machine=machine, name="frontpage")
    give_action(machine, ben)
    return machine


@pytest.fixture
def team(anna: User, token: Token) -> Team:
    team = give_team(name="Shop", admin=anna)
    give_share(token, team)
    return team


@pytest.fixture
def link(team: Team, anna: User) -> str:
    return make_wall(anna, team.pk, "Kitchen").reveal().removeprefix("http://localhost:8000")


@pytest.fixture
def screen(link: str) -> Client:
    client = Client()
    client.get(link)
    return client


def test_the_key_leaves_the_address_at_once_and_opens_no_other_page(link: str) -> None:
    client = Client()
    answer = client.get(link)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/wall/")
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == (
        "no-referrer",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    cookie = client.cookies["wall"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/wall/", True, "Lax")
    assert link.split("/")[2] not in cookie.value
    assert client.get("/wall/").status_code == 200
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    assert not Session.objects.exists()


def test_an_unknown_key_and_a_forged_cookie_find_nothing(link: str) -> None:
    client = Client()
    assert client.get(f"/wall/{'x' * 43}/").status_code == 404
    assert client.get("/wall/").status_code == 404
    client.cookies["wall"] = WallLink.objects.get().key_hash
    assert client.get("/wall/").status_code == client.get("/wall/live/").status_code == 404


def test_nothing_of_people_and_nothing_to_press_is_on_it(screen: Client, machine: Machine) -> None:
    page = screen.get("/wall/").content.decode()
    assert "web-01" in page
    assert re.search(r"<(button|a|form|input)\b", page) is None
    for said in ("anna", "ben", "203.0.113.9", "2001:db8", "Ask Ben", "frontpage", "Kitchen", "prj-1"):
        assert said not in page, said


def test_a_poll_brings_changes_the_age_of_a_check_and_the_version_of_the_panel(
    screen: Client, token: Token, machine: Machine
) -> None:
    page = screen.get("/wall/").content.decode()
    since = re.search(r'data-since="(\w+)"', page)
    build = re.search(r'data-build="(\w+)"', page)
    assert since is not None
    assert build is not None
    same = screen.get("/wall/live/", {"since": since[1]})
    other = screen.get("/wall/live/", {"since": "x"})
    assert {same.status_code, other.status_code} <= {200, 204}
    assert other.status_code == 200
    assert (other.headers["Board-Overdue"], other.headers["Wall-Build"]) == ("0", build[1])


def test_a_withdrawn_link_shows_nothing_but_that(screen: Client, machine: Machine) -> None:
    WallLink.objects.update(revoked_at=timezone.now())
    assert screen.get("/wall/live/").status_code == 410
    page = screen.get("/wall/")
    assert page.status_code == 410
    assert "withdrawn" in page.content.decode()
    assert "web-01" not in page.content.decode()


def test_a_late_collector_is_said_in_a_sentence(screen: Client, token: Token) -> None:
    give_machine(
        token, due_at=timezone.now() - timedelta(minutes=9), late_at=timezone.now() - timedelta(minutes=8)
    )
    page = screen.get("/wall/").content.decode()
    assert "The collector is late" in page
    assert 'data-tone="ok"' not in page


def test_admins_make_and_revoke_links_on_a_page(signed_in: Client, team: Team) -> None:
    address = f"/teams/{team.pk}/walls/"
    assert "None yet." in signed_in.get(address).content.decode()
    made = signed_in.post(address, {"name": "Hall"}).content.decode()
    assert "/wall/" in made
    assert "has that name" in signed_in.post(address, {"name": "Hall"}).content.decode()
    wall = WallLink.objects.get()
    signed_in.post(f"{address}{wall.pk}/revoke/")
    wall.refresh_from_db()
    assert wall.revoked_at is not None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_other_members_are_refused_and_strangers_find_nothing(
    role: Role, team: Team, ben: User, stranger: Client, anonymous: Client
) -> None:
    address = f"/teams/{team.pk}/walls/"
    assert anonymous.get(address).headers["Location"].startswith("/accounts/login/")
    assert stranger.get(address).status_code == stranger.post(address, {"name": "X"}).status_code == 404
    Member.objects.create(team=team, person=ben, role=role)
    assert stranger.get(address).status_code == stranger.post(address, {"name": "X"}).status_code == 403
    assert not WallLink.objects.exists()


# On a screen -------------------------------------------------------------------------------------


@pytest.fixture
def on_screen(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, link: str
) -> Callable[..., Page]:
    def at(**options: object) -> Page:
        page = new_context(base_url=live_server.url, **options).new_page()
        page.goto(link)
        return page

    return at


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160)])
def test_sixty_machines_fit_without_scrolling(
    size: tuple[int, int], token: Token, on_screen: Callable[..., Page]
) -> None:
    for n in range(62):
        give_machine(token, machine={"name": f"machine-with-a-long-name-{n}"}, **ON_TIME)
    page = on_screen(viewport={"width": size[0], "height": size[1]})
    expect(page.locator(".tile")).to_have_count(60)
    expect(page.locator("footer")).to_contain_text("and 2 more machines, all running")
    root = page.locator("html")
    assert root.evaluate("root => root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth")
    last = page.locator(".tile").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= size[1]
    assert page.locator(".tile b").first.evaluate("name => parseFloat(getComputedStyle(name).fontSize)") >= 12
    assert barriers(page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_heals_grows_not_and_is_blank_once_withdrawn(
    token: Token, machine: Machine, on_screen: Callable[..., Page], complaints: object
) -> None:
    complaints.expect("Failed to load resource")  # type: ignore[attr-defined]
    page = on_screen()
    page.clock.install()
    page.reload()
    count = "() => document.querySelectorAll('*').length"
    for n in range(30):
        Machine.objects.filter(pk=machine.pk).update(name=f"web-{n}")
        machine.status.revision += 1
        machine.status.save(update_fields=["revision"])
        with page.expect_response(lambda answer: "/wall/live/" in answer.url):
            page.clock.run_for(5_000)
        expect(page.locator(".tile b")).to_have_text(f"web-{n}")
        if n == 0:
            before = page.evaluate(count)
    assert page.evaluate(count) == before
    page.route("**/wall/live/*", lambda route: route.abort())
    for _ in range(4):
        page.clock.run_for(5_000)
    expect(page.locator("#lost")).to_be_visible()
    page.unroute("**/wall/live/*")
    page.clock.run_for(15_000)
    expect(page.locator("#lost")).to_be_hidden()
    WallLink.objects.update(revoked_at=timezone.now())
    page.clock.run_for(6_000)
    expect(page.get_by_role("heading", name="This wall link was withdrawn.")).to_be_visible()
    expect(page.get_by_text("web-")).to_have_count(0)
