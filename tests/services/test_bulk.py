"""A bulk before anything is sent: which machines it is about, which it leaves out and why, and its one confirmation."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.utils import timezone

from tests.rows import give_access, give_action, give_machine, give_token
from vps.access import visible_machines
from vps.models import Bulk, BulkItem, Machine, PowerAction, Status, Token
from vps.services import bulk as bulks
from vps.services.address import View

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]
NOW = timezone.now()
COMMANDS = ["start", "stop", "reboot"]


@pytest.fixture
def token(anna: User) -> Token:
    return give_token(anna)


def make(user: User, command: str, *machines: Machine) -> Bulk:
    return bulks.make_bulk(user, command, bulks.choose_machines(user, [str(one.pk) for one in machines]))


def reasons(bulk: Bulk) -> list[str]:
    return [item.reason for item in bulk.items.all()]


def reason_for(user: User, command: str, machine: Machine) -> str:
    return bulks.judge(command, visible_machines(user).select_related("status").get(pk=machine.pk), NOW)


def ended(action: PowerAction) -> None:
    PowerAction.objects.filter(pk=action.pk).update(observed="reached", observed_at=NOW)


# Whom it is about --------------------------------------------------------------------------------------


def test_it_is_about_the_chosen_machines_in_the_order_of_their_names(anna: User, token: Token) -> None:
    second, first = give_machine(token), give_machine(token)
    Machine.objects.filter(pk=first.pk).update(name="a")
    Machine.objects.filter(pk=second.pk).update(name="b")
    give_machine(token)
    bulk = make(anna, "reboot", second, first)
    assert [item.machine for item in bulk.items.all()] == [first, second]
    assert set(bulk.items.values_list("state", flat=True)) == {BulkItem.State.WAITING}
    assert (bulk.person, bulk.command, bulk.confirmed_at) == (anna, "reboot", None)


def test_other_peoples_machines_are_as_if_they_were_not_there(anna: User, ben: User, token: Token) -> None:
    mine, theirs = give_machine(token), give_machine(give_token(ben))
    assert [item.machine for item in make(anna, "stop", mine, theirs).items.all()] == [mine]
    for ids in ([str(theirs.pk)], ["4711"]):
        with pytest.raises(Http404):
            bulks.choose_machines(anna, ids)


@pytest.mark.parametrize("typed", ["x", "-1", "1e3", "٣", "9" * 40, "", "0x1", " 1"])
def test_what_is_no_id_is_no_machine(anna: User, token: Token, typed: str) -> None:
    machine = give_machine(token)
    assert list(bulks.choose_machines(anna, [typed, str(machine.pk)])) == [machine]
    with pytest.raises(Http404):
        bulks.choose_machines(anna, [typed])


def test_nothing_chosen_is_no_bulk(anna: User, token: Token) -> None:
    give_machine(token)
    with pytest.raises(bulks.NothingChosen):
        bulks.choose_machines(anna, [])
    with pytest.raises(bulks.NothingChosen):
        bulks.choose_all(anna, View(q="nobody"))


def test_all_that_match_a_search_and_a_filter_however_many_pages_they_fill(
    anna: User, ben: User, token: Token
) -> None:
    named = [give_machine(token, machine={"name": name}, word="stopped") for name in ("db-1", "db-2", "web")]
    give_machine(token, machine={"name": "db-3"})
    give_machine(give_token(ben), machine={"name": "db-4"}, word="stopped")
    found = bulks.choose_all(anna, View(q="db", show="stopped", more=1))
    assert set(found) == set(named[:2])


def test_there_are_at_most_500(anna: User, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    machines = [give_machine(token) for _machine in range(4)]
    assert bulks.MOST == 500
    monkeypatch.setattr(bulks, "MOST", 3)
    assert make(anna, "start", *machines[:3]).items.count() == 3
    with pytest.raises(bulks.TooMany) as refusal:
        make(anna, "start", *machines)
    assert refusal.value.n == 4
    assert Bulk.objects.count() == 1


# What is left out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "word", "reason"),
    [
        ("start", "running", "running"),
        ("start", "stopped", ""),
        ("stop", "stopped", "stopped"),
        ("stop", "running", ""),
        ("reboot", "stopped", "stopped"),
        ("reboot", "running", ""),
        *((command, "migrating", "") for command in COMMANDS),
    ],
)
def test_what_makes_no_sense_is_left_out(
    anna: User, token: Token, command: str, word: str, reason: str
) -> None:
    assert reason_for(anna, command, give_machine(token, word=word)) == reason


@pytest.mark.parametrize(
    "fields",
    [
        {"problem": "unreachable"},
        {"problem": "unreadable"},
        {"problem": "limited"},
        {"problem": "refused"},
        {"late_at": NOW - timedelta(seconds=1)},
        {"heard_at": None, "word": ""},
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_state_that_is_not_known_leaves_nothing_out(
    anna: User, token: Token, command: str, fields: dict[str, Any]
) -> None:
    word = "running" if command == "start" else "stopped"
    assert reason_for(anna, command, give_machine(token, **({"word": word} | fields))) == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_gone_or_read_by_no_token_or_under_way_is_left_out(
    anna: User, ben: User, token: Token, command: str
) -> None:
    assert reason_for(anna, command, give_machine(token, word="odd", problem="gone")) == "gone"
    refused = give_machine(token, word="odd", access={"refused_at": NOW})
    give_access(give_token(ben), refused)
    assert reason_for(anna, command, refused) == "no_token"
    moving = give_machine(token, word="odd")
    action = give_action(moving, ben, command="kill")
    assert reason_for(anna, command, moving) == "under_way"
    ended(action)
    assert reason_for(anna, command, moving) == ""


def test_what_a_process_left_open_is_ended_first(anna: User, token: Token) -> None:
    machine = give_machine(token)
    give_action(machine, anna, state="requested", requested_at=NOW - timedelta(minutes=1), sent_at=None)
    assert reasons(make(anna, "stop", machine)) == [""]


# The confirmation --------------------------------------------------------------------------------------


def test_it_is_confirmed_once(anna: User, token: Token) -> None:
    bulk = make(anna, "stop", give_machine(token))
    bulks.confirm_bulk(anna, bulk.pk)
    first = Bulk.objects.get().confirmed_at
    assert first
    bulks.confirm_bulk(anna, bulk.pk)
    assert Bulk.objects.get().confirmed_at == first


def test_what_became_senseless_meanwhile_is_left_out_and_nothing_is_added(
    anna: User, ben: User, token: Token
) -> None:
    stopped, running, moving, lost = (give_machine(token, machine={"name": name}) for name in "abcd")
    Status.objects.filter(machine=stopped).update(word="stopped")
    bulk = make(anna, "stop", stopped, running, moving, lost)
    assert reasons(bulk) == ["stopped", "", "", ""]
    Status.objects.filter(machine=stopped).update(word="running")
    give_action(moving, ben, command="stop")
    lost.accesses.all().delete()
    told = [one.reason for one in bulks.judge_items(anna, bulk, timezone.now())]
    assert told == ["stopped", "", "under_way", "not_yours"]
    assert reasons(bulk) == ["stopped", "", "", ""]  # looking changes nothing
    bulks.confirm_bulk(anna, bulk.pk)
    assert reasons(bulk) == told
    states = list(bulk.items.values_list("state", flat=True))
    assert states == ["left_out", "waiting", "left_out", "left_out"]


def test_a_bulk_is_its_persons_alone(anna: User, ben: User, token: Token) -> None:
    machine = give_machine(token)
    give_access(give_token(ben), machine)
    bulk = make(anna, "stop", machine)
    for deed in (bulks.get_bulk, bulks.confirm_bulk, bulks.stop_bulk):
        with pytest.raises(Http404):
            deed(ben, bulk.pk)
        with pytest.raises(Http404):
            deed(anna, uuid4())
    assert Bulk.objects.get().confirmed_at is None


def test_the_rest_is_stopped(anna: User, token: Token) -> None:
    bulk = make(anna, "stop", *(give_machine(token) for _machine in range(3)))
    first = bulk.items.all()[0]
    BulkItem.objects.filter(pk=first.pk).update(state=BulkItem.State.TAKEN, taken_at=NOW)
    bulks.stop_bulk(anna, bulk.pk)
    assert list(bulk.items.values_list("state", flat=True)) == ["taken", "left_out", "left_out"]
    assert reasons(bulk) == ["", "stopped_rest", "stopped_rest"]
    assert Bulk.objects.get().stopped_at


@pytest.mark.parametrize(
    ("age", "confirmed", "kept"),
    [
        (timedelta(hours=23), None, True),
        (timedelta(hours=25), None, False),
        (timedelta(days=29), NOW, True),
        (timedelta(days=31), NOW, False),
    ],
)
def test_old_bulks_go(
    anna: User, token: Token, age: timedelta, confirmed: datetime | None, kept: bool
) -> None:
    machine = give_machine(token)
    old = make(anna, "stop", machine)
    Bulk.objects.update(made_at=NOW - age, confirmed_at=confirmed)
    make(anna, "stop", machine)
    assert Bulk.objects.filter(pk=old.pk).exists() == kept
