"""A command for many machines: asked about once, done machine by machine, and nobody else's to see."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.rows import give_action, give_machine, give_token
from tests.views.bulk_kit import at, bulk, chosen
from tests.views.gate import refused_methods, sent_to_sign_in
from vps.models import Bulk, BulkItem, ConsoleSession, Machine, PowerAction, Status
from vps.services import bulk as bulks

__all__ = ["bulk"]
ACTS = ["confirm", "next", "stop"]


# Who -----------------------------------------------------------------------------------------------------


def test_who_is_not_signed_in_goes_to_the_sign_in_page(anonymous: Client, bulk: Bulk) -> None:
    assert sent_to_sign_in(anonymous, "/bulk/", "post")
    assert sent_to_sign_in(anonymous, at(bulk))
    for act in ACTS:
        assert sent_to_sign_in(anonymous, at(bulk, act), "post")


def test_a_stranger_does_not_know_of_it(stranger: Client, bulk: Bulk) -> None:
    assert stranger.get(at(bulk)).status_code == 404
    for act in ACTS:
        assert stranger.post(at(bulk, act)).status_code == 404
    assert Bulk.objects.get().confirmed_at is None


def test_a_strangers_machines_are_not_there(stranger: Client, machines: list[Machine]) -> None:
    ids = [str(one.pk) for one in machines]
    assert stranger.post("/bulk/", {"command": "stop", "machine": ids}).status_code == 404
    assert not Bulk.objects.exists()


def test_other_peoples_machines_among_ones_own_are_left_away_without_a_word(
    signed_in: Client, ben: User, machines: list[Machine]
) -> None:
    theirs = give_machine(give_token(ben), machine={"name": "theirs-01"})
    page = chosen(signed_in, "stop", machines[0], theirs)
    assert "Shut down 1 machine?" in page
    assert "theirs-01" not in page
    assert BulkItem.objects.get().machine == machines[0]


def test_state_never_changes_by_reading(signed_in: Client, bulk: Bulk) -> None:
    assert refused_methods(signed_in, "/bulk/", "get", "head", "put", "delete", "patch")
    assert refused_methods(signed_in, at(bulk), "post", "put", "delete", "patch")
    for act in ACTS:
        assert refused_methods(signed_in, at(bulk, act), "get", "head", "put", "delete", "patch")


def test_a_form_of_somebody_else_does_nothing(anna: User, bulk: Bulk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)
    for address in ("/bulk/", *(at(bulk, act) for act in ACTS)):
        assert strict.post(address, {"command": "stop", "all": "1"}).status_code == 403
    assert Bulk.objects.get().confirmed_at is None


def test_an_unknown_one_is_not_found(signed_in: Client) -> None:
    assert signed_in.get(f"/bulk/{uuid4()}/").status_code == 404
    assert signed_in.get("/bulk/1/").status_code == 404


@pytest.mark.parametrize("command", ["kill", "", "format", "START"])
def test_there_is_no_other_button(signed_in: Client, machines: list[Machine], command: str) -> None:
    answer = signed_in.post("/bulk/", {"command": command, "machine": str(machines[0].pk)})
    assert answer.status_code == 400
    assert not Bulk.objects.exists()


# The question --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "question"),
    [("start", "Start 1 machine?"), ("stop", "Shut down 2 machines?"), ("reboot", "Reboot 2 machines?")],
)
def test_it_says_what_will_be_asked_and_what_is_left_out(
    signed_in: Client, machines: list[Machine], command: str, question: str
) -> None:
    Status.objects.filter(machine=machines[2]).update(word="stopped")
    page = chosen(signed_in, command, *machines)
    assert question in page
    assert [one.name in page for one in machines] == [True] * 3
    assert ("It runs already." if command == "start" else "It is stopped.") in page
    assert Bulk.objects.get().confirmed_at is None


def test_it_says_what_to_think_of(signed_in: Client, anna: User, ben: User, machines: list[Machine]) -> None:
    now = timezone.now()
    Status.objects.filter(machine=machines[0]).update(problem="unreachable")
    stay = {"token_id": uuid4(), "token_name": "Ben's", "opened_at": now, "seen_at": now}
    for person in (anna, ben):
        ConsoleSession.objects.create(
            machine=machines[1], person=person, person_name=person.get_username(), **stay
        )
    page = chosen(signed_in, "reboot", *machines)
    assert "What 1 of them does now is not known; it is asked all the same." in page
    assert page.count("What it does now is not known.") == 1
    assert "ben is in its console." in page


def test_who_pressed_what_is_said_where_it_stands_in_the_way(
    signed_in: Client, ben: User, machines: list[Machine]
) -> None:
    action = give_action(machines[0], ben, command="stop")
    Status.objects.filter(machine=machines[0]).update(last_action=action)
    page = chosen(signed_in, "reboot", *machines)
    assert "Another action is under way. ben pressed Shut down" in page


def test_all_that_match_the_search(signed_in: Client, machines: list[Machine]) -> None:
    assert "Shut down 2 machines?" in chosen(signed_in, "stop", all="1", q="e")  # cache-01, web-01
    assert "Shut down 3 machines?" in chosen(signed_in, "stop", machines[0], all="1")


def test_nothing_selected_leads_back_to_the_same_view(signed_in: Client, machines: list[Machine]) -> None:
    answer = signed_in.post("/bulk/", {"command": "stop", "q": "db", "view": "table", "select": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/?q=db&view=table&select=1")
    assert "No machine is selected." in signed_in.get("/").content.decode()


def test_too_many_are_refused_in_words(
    signed_in: Client, machines: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulks, "MOST", 2)
    page = chosen(signed_in, "stop", all="1")
    assert "3 machines are too many: at most 2 at once." in page
    assert not Bulk.objects.exists()


def test_where_all_are_left_out_there_is_nothing_to_confirm(
    signed_in: Client, machines: list[Machine]
) -> None:
    page = chosen(signed_in, "start", *machines)
    assert "There is nothing to do" in page
    assert "/confirm/" in page
    assert '<button class="btn go"' not in page


def test_what_stood_in_the_way_stays_what_it_was(
    signed_in: Client, anna: User, ben: User, machines: list[Machine]
) -> None:
    before = give_action(machines[0], ben, command="stop")
    made = bulks.make_bulk(anna, "reboot", bulks.choose_machines(anna, [str(one.pk) for one in machines]))
    PowerAction.objects.filter(pk=before.pk).update(observed="reached", observed_at=timezone.now())
    give_action(machines[0], anna, command="start")
    assert "ben pressed Shut down" in signed_in.get(at(made)).content.decode()
    bulks.confirm_bulk(anna, made.pk)
    page = signed_in.get(at(made)).content.decode()
    assert "ben pressed Shut down" in page
    assert "anna pressed" not in page
