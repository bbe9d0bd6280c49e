"""A token is tried at the provider before anything of it is saved."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Exchange, Fault, FaultServer
from tests.services.board_kit import cards
from tests.services.token_kit import add, by_hand, on_board, products
from vps.models import Machine, Status, Token
from vps.services import proofs, tokens
from vps.services.board import View, show_board
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)


def test_where_the_listing_works_its_machines_are_on_the_board_at_once(
    anna: User, simulator: Simulator
) -> None:
    outcome = add(anna, simulator.tokens[0].token, list(simulator.projects))
    assert outcome.saved
    assert {trial.sentence.partition(": ")[2] for trial in outcome.trials} == {"2 machines found."}
    assert on_board(anna) == products(simulator, *simulator.projects)
    assert {machine.name for machine in Machine.objects.all()} == {
        simulator.machine(product).name for product in on_board(anna)
    }


def test_reading_is_proved_on_saving_and_the_rest_is_not_tried(anna: User, simulator: Simulator) -> None:
    before = datetime.now(UTC)
    add(anna, simulator.tokens[0].token, list(simulator.projects))
    read, power, console = tokens.list_tokens(anna)[0].abilities
    assert (read.state, power.state, console.state) == ("allowed", "untried", "untried")
    assert (power.label, console.label) == ("Not tried", "Not tried")
    assert read.since is not None
    assert before <= read.since <= datetime.now(UTC)
    assert (power.since, console.since) == (None, None)


def test_adding_a_token_asks_the_listing_and_never_tries_a_button(anna: User, simulator: Simulator) -> None:
    add(anna, simulator.tokens[0].token, list(simulator.projects))
    assert {receipt.kind for receipt in simulator.calls.received()} == {"listing"}


def test_where_the_listing_is_refused_one_machine_id_is_asked_for(anna: User, simulator: Simulator) -> None:
    project = next(iter(simulator.projects))
    outcome = add(anna, by_hand(simulator), [project])
    assert not outcome.saved
    assert outcome.trials[0].needs_machine
    assert "Name one machine id, and it is read instead." in outcome.trials[0].sentence
    assert not Token.objects.exists()


def test_the_machine_that_is_named_is_read_and_saved_with_its_status(
    anna: User, simulator: Simulator
) -> None:
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    outcome = add(anna, by_hand(simulator), [project], (project, product))
    assert (outcome.saved, outcome.trials[0].sentence) == (True, f"{project}: 1 machine found.")
    assert on_board(anna) == {product}
    status = Status.objects.get(machine__product=product)
    assert status.word in ("running", "stopped")
    assert status.heard_at is not None
    row = tokens.list_tokens(anna)[0]
    assert [(known.how, known.word, known.machines) for known in row.projects] == [
        ("hand", "Machines named by hand", 1)
    ]


def test_a_machine_that_does_not_exist_is_not_saved(anna: User, simulator: Simulator) -> None:
    project = next(iter(simulator.projects))
    outcome = add(anna, by_hand(simulator), [project], (project, "vm-of-nobody"))
    assert not outcome.saved
    assert "no such project or machine" in outcome.trials[0].sentence
    assert not Token.objects.exists()


def test_refused_in_every_project_it_is_not_saved_and_the_provider_is_quoted(
    anna: User, simulator: Simulator
) -> None:
    outcome = add(anna, "key_that_nobody_minted", list(simulator.projects))
    assert (outcome.saved, outcome.token_id) == (False, None)
    for trial in outcome.trials:
        assert "The provider refuses this token (401)" in trial.sentence
        assert "It said: “Missing or invalid token”." in trial.sentence
    assert not Token.objects.exists()
    assert not Machine.objects.exists()


def test_where_the_provider_cannot_be_reached_nothing_is_saved(anna: User, simulator: Simulator) -> None:
    simulator.fault("refuse")
    outcome = add(anna, simulator.tokens[0].token, list(simulator.projects))
    assert not outcome.saved
    assert "could not be reached: it refused the connection" in outcome.trials[0].sentence
    assert not Token.objects.exists()


def test_what_works_is_saved_and_the_rest_is_said(anna: User, simulator: Simulator) -> None:
    good, foreign = list(simulator.projects)[:2]
    secret = simulator.mint([good]).token
    outcome = add(anna, secret, [good, foreign, "prj-of-nobody"])
    assert outcome.saved
    assert [trial.ok for trial in outcome.trials] == [True, False, False]
    assert on_board(anna) == products(simulator, good)
    row = tokens.list_tokens(anna)[0]
    told = {known.project: (known.tone, known.word) for known in row.projects}
    assert told[good] == ("ok", "Listed")
    assert told[foreign] == told["prj-of-nobody"] == ("bad", "The listing is refused")
    assert (row.tone, row.word) == ("late", "1 of 3 projects answer")


def test_401_in_one_project_does_not_refuse_what_another_one_answered(
    anna: User, simulator: Simulator
) -> None:
    good, odd = list(simulator.projects)[:2]
    simulator.fault("status", code=401, project=odd)
    outcome = add(anna, simulator.tokens[0].token, [good, odd])
    assert outcome.saved
    assert Token.objects.get().refused_at is None
    assert {card.state for card in cards(show_board(anna, View()))} == {"unseen"}
    assert [row.word for row in tokens.list_tokens(anna)[0].projects if row.project == odd] == ["Refused"]


def test_a_machine_without_a_name_is_on_the_board_all_the_same(anna: User, simulator: Simulator) -> None:
    project, (product, *_others) = next(iter(simulator.projects.items()))
    simulator.set(product, name="")
    assert add(anna, simulator.tokens[0].token, [project]).saved
    assert on_board(anna) == products(simulator, project)
    assert Machine.objects.get(product=product).name == ""


def test_a_name_is_taken_once_for_each_person(anna: User, ben: User, simulator: Simulator) -> None:
    secret, projects = simulator.tokens[0].token, list(simulator.projects)
    add(anna, secret, projects)
    asked = simulator.calls.count()
    with pytest.raises(tokens.NameTaken):
        add(anna, secret, projects)
    assert simulator.calls.count() == asked, "a name is looked up before the provider is asked"
    assert add(ben, secret, projects).saved


def test_another_clash_in_the_database_is_not_taken_for_a_name(
    anna: User, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clash(token: Token, trials: object) -> None:
        raise IntegrityError("something else was there twice")

    monkeypatch.setattr(proofs, "write_trials", clash)
    with pytest.raises(IntegrityError):
        add(anna, simulator.tokens[0].token, list(simulator.projects))
    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_tokens_added_at_once_under_one_name_one_is_saved(anna: User, simulator: Simulator) -> None:
    simulator.fault("latency", seconds=0.3)
    together = threading.Barrier(2)

    def add_one(secret: str) -> bool:
        try:
            together.wait()
            return add(anna, secret, list(simulator.projects)).saved
        except tokens.NameTaken:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        saved = list(pool.map(add_one, [token.token for token in simulator.tokens[:2]]))
    assert sorted(saved) == [False, True]
    assert Token.objects.count() == 1


def test_a_jwt_says_when_it_expires_and_a_key_does_not(anna: User, ben: User, simulator: Simulator) -> None:
    projects = list(simulator.projects)
    add(anna, simulator.mint(expires_in=2400).token, projects)
    add(ben, simulator.tokens[0].token, projects)
    expires = tokens.list_tokens(anna)[0].expires_at
    assert expires is not None
    assert timedelta(minutes=39) < expires - datetime.now(UTC) <= timedelta(minutes=40)
    assert tokens.list_tokens(ben)[0].expires_at is None


def test_an_empty_project_is_a_good_one(anna: User, simulator: Simulator) -> None:
    empty = simulator.world.add_project()
    outcome = add(anna, simulator.mint([empty]).token, [empty])
    assert (outcome.saved, outcome.trials[0].sentence) == (True, f"{empty}: 0 machines found.")
    assert show_board(anna, View()).empty == "no_machines"


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.slow], ids=str)
def test_any_fault_of_the_provider_is_a_sentence_and_nothing_wrong_is_saved(
    anna: User, settings: Settings, fault: Fault
) -> None:
    with FaultServer(where_listings_are_refused(fault)) as server:
        settings.VPS_API_URL = server.url
        outcome = add(anna, "key_abcdefghijkl", ["prj-1"], ("prj-1", "vm-1"))
    assert outcome.saved == Token.objects.exists() == (fault.get is None)
    (trial,) = outcome.trials
    assert trial.sentence.startswith("prj-1: ")
    assert trial.sentence.endswith((".", "”."))
    assert "key_abcdefghijkl" not in trial.sentence


def where_listings_are_refused(fault: Fault) -> Fault:
    """Shows the fault where a status is asked for; other addresses are refused by 403, if it lets them be read."""

    def respond(exchange: Exchange) -> None:
        if exchange.request and not exchange.path.endswith("/vps/status"):
            exchange.answer_json({"error": "You may not list."}, "403 Forbidden")
        else:
            fault.respond(exchange)

    return replace(fault, respond=respond)


def test_what_is_no_token_is_said_in_words_and_sent_nowhere(anna: User, simulator: Simulator) -> None:
    outcome = add(anna, "with a\nline break", list(simulator.projects))
    assert not outcome.saved
    assert simulator.calls.count() == 0
