"""One machine's page, its poll, and taking it off one's own board."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.rows import give_machine, give_token
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.http import forbidden
from vps.models import Access, Machine, Sample, StateChange

PAGE = "/machines/prj-1/vm-1/"
WEB = {"name": "web-01", "product": "vm-1", "ipv4": "203.0.113.5"}
ADDRESSES = [PAGE, f"{PAGE}live/", f"{PAGE}forget/"]


@pytest.fixture
def web(anna: User) -> Machine:
    return give_machine(give_token(anna, name="laptop"), machine=WEB)


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, web: Machine, address: str) -> None:
    assert sent_to_sign_in(anonymous, address)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_does_not_know_of_it(stranger: Client, web: Machine, address: str) -> None:
    assert stranger.get(address).status_code == 404


def test_a_stranger_cannot_take_it_off_a_board(stranger: Client, web: Machine) -> None:
    assert stranger.post(f"{PAGE}forget/").status_code == 404
    assert Access.objects.count() == 1


def test_methods(signed_in: Client, web: Machine) -> None:
    assert refused_methods(signed_in, PAGE, "post", "put", "delete", "patch")
    assert refused_methods(signed_in, f"{PAGE}live/", "post", "put", "delete", "patch")
    assert refused_methods(signed_in, f"{PAGE}forget/", "put", "delete", "patch")


@pytest.mark.parametrize("ids", ["prj-1/..", "../vm-1", "prj-1/vm 1", "prj-1/%00", "PRJ-1/vm-1"])
def test_hostile_ids_are_not_found(signed_in: Client, web: Machine, ids: str) -> None:
    assert signed_in.get(f"/machines/{ids}/").status_code == 404


def test_the_page_shows_every_field_with_its_unit(signed_in: Client, web: Machine) -> None:
    answer = signed_in.get(PAGE)
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for part in (
        "web-01",
        "Running",
        "203.0.113.5",
        "QEMU version",
        "7.2.0",
        "25\u202f000\u202f000\u202f000 bytes",
    ):
        assert part in page
    assert re.search(r"1 token sees it.*laptop", page, re.DOTALL)
    assert re.search(r'<button class="copy" type="button">vm-1</button>', page)


def test_a_stale_machine_says_once_how_old_it_is_and_leads_to_the_refused_token(
    signed_in: Client, anna: User
) -> None:
    refused_at = timezone.now()
    token = give_token(anna, name="laptop", refused_at=refused_at)
    give_machine(token, machine=WEB)
    page = signed_in.get(PAGE).content.decode()
    assert f'<a href="/tokens/{token.pk}/">laptop</a>' in page
    assert "What the provider last said" in page
    assert page.count('data-as="old"') == 1
    assert "<span>Heard" not in page


def test_of_many_changes_ten_are_seen_and_the_rest_unfolds(signed_in: Client, web: Machine) -> None:
    now = timezone.now()
    for number in range(13):
        StateChange.objects.create(machine=web, at=now - timedelta(seconds=20 * number), word="stopped")
    page = signed_in.get(PAGE).content.decode()
    first, rest = page.split("<summary>3 earlier events</summary>")
    assert (first.count('class="when"'), rest.count('class="when"')) == (10, 3)
    assert "After 20 s stopped." in first


def test_the_strip_says_how_long_the_machine_was_what(signed_in: Client, web: Machine) -> None:
    Machine.objects.update(first_seen=timezone.now() - timedelta(minutes=20))
    Sample.objects.create(machine=web, time=timezone.now(), up=600)
    page = signed_in.get(PAGE).content.decode()
    assert 'aria-label="Running 10 min, Not known 10 min"' in page
    legend = page[page.index('class="legend"') :]
    assert "Running 10 min</span>" in legend
    assert "Stopped" not in legend[: legend.index("</p>")]


def test_nothing_in_the_page_needs_an_unsafe_policy(signed_in: Client, web: Machine) -> None:
    page = signed_in.get(PAGE).content.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|hx-on|hx-vals", page)


def test_the_poll_is_silent_until_something_is_heard(signed_in: Client, web: Machine) -> None:
    found = re.search(r'data-since="([^"]+)"', signed_in.get(PAGE).content.decode())
    assert found is not None
    assert signed_in.get(f"{PAGE}live/", {"since": found[1]}).status_code == 204
    answer = signed_in.get(f"{PAGE}live/", {"since": "old"})
    assert answer.content.decode().strip().startswith('<div class="machine" id="machine"')


def test_each_span_is_a_link_that_needs_no_script(signed_in: Client, web: Machine) -> None:
    page = signed_in.get(PAGE, {"span": "7d"}).content.decode()
    assert re.search(r'href="\?span=7d" aria-current="true"', page)
    assert re.findall(r'<a class="btn" href="\?span=(\w+)"', page) == ["1h", "24h", "7d", "30d", "90d"]
    assert "7 days, by 40 minutes" in signed_in.get(f"{PAGE}live/", {"span": "7d"}).content.decode()
    assert "The last hour" in signed_in.get(PAGE, {"span": "<b>"}).content.decode()


def test_a_stranger_sees_no_span_of_it(stranger: Client, web: Machine) -> None:
    assert stranger.get(PAGE, {"span": "90d"}).status_code == 404
    assert stranger.get(f"{PAGE}live/", {"span": "90d"}).status_code == 404


def test_a_machine_added_by_hand_is_taken_off_after_a_question(signed_in: Client, anna: User) -> None:
    give_machine(give_token(anna), machine=WEB, access={"how": Access.How.HAND})
    assert "Take off my board" in signed_in.get(PAGE).content.decode()
    question = signed_in.get(f"{PAGE}forget/").content.decode()
    assert "Take “web-01” off your board?" in question
    assert Access.objects.count() == 1
    answer = signed_in.post(f"{PAGE}forget/")
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert Access.objects.count() == 0
    assert "“web-01” is off your board." in signed_in.get("/").content.decode()


def test_a_listed_machine_stays(signed_in: Client, web: Machine) -> None:
    assert "Take off my board" not in signed_in.get(PAGE).content.decode()
    for answer in (signed_in.post(f"{PAGE}forget/"), signed_in.get(f"{PAGE}forget/")):
        told = answer.content.decode()
        assert answer.status_code == 403
        assert "The provider still lists this machine: forget the token that shows it instead." in told
        assert "team" not in told
    assert Access.objects.count() == 1


def test_a_refusal_without_words_says_that_one_may_not(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    page = forbidden(request, PermissionDenied()).content.decode()
    assert "You may see this, but not do it." in page
    assert "&lt;b&gt;" in forbidden(request, PermissionDenied("<b>")).content.decode()


def test_taking_off_needs_the_pages_own_form(anna: User, web: Machine) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(f"{PAGE}forget/").status_code == 403
