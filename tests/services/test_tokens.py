"""One's own tokens: each is tried at the provider before anything of it is saved."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from pytest_django import Settings

from tests.provider.fault_server import FAULTS, Exchange, Fault, FaultServer
from tests.rows import give_access, give_token
from tests.services.conftest import AddToken
from vps import crypto
from vps.access import visible_machines
from vps.models import Ability, Access, Machine, Status, Token
from vps.provider.secret import Secret
from vps.services import rotation, tokens
from vps.services.board import View, poll_board, show_board
from vps.simulator.server import Simulator

NOW = datetime.now(UTC)


def add(user: User, secret: str, projects: list[str], *hands: tuple[str, str]) -> tokens.Outcome:
    return tokens.add_token(user, name="Mine", secret=Secret(secret), projects=projects, hands=hands)


def on_board(user: User) -> set[str]:
    return set(visible_machines(user).values_list("product", flat=True))


def products(simulator: Simulator, *projects: str) -> set[str]:
    return {product for project in projects for product in simulator.projects[project]}


def by_hand(simulator: Simulator) -> str:
    """A token whose listing the provider refuses."""
    return next(token.token for token in simulator.tokens if not token.listing)


# Adding ----------------------------------------------------------------------------------------------


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
    assert (row.tone, row.word) == ("late", "The listing is refused")


def test_401_in_one_project_does_not_refuse_what_another_one_answered(
    anna: User, simulator: Simulator
) -> None:
    good, odd = list(simulator.projects)[:2]
    simulator.fault("status", code=401, project=odd)
    outcome = add(anna, simulator.tokens[0].token, [good, odd])
    assert outcome.saved
    assert Token.objects.get().refused_at is None
    assert {card.state for group in show_board(anna, View()).groups for card in group.cards} == {"unseen"}
    assert [row.word for row in tokens.list_tokens(anna)[0].projects if row.project == odd] == ["Refused"]


def test_one_bad_entry_of_a_listing_hides_no_other(anna: User, simulator: Simulator) -> None:
    project, (product, *others) = next(iter(simulator.projects.items()))
    simulator.set(product, name="")
    assert add(anna, simulator.tokens[0].token, [project]).saved
    assert on_board(anna) == set(others)


def test_a_name_is_taken_once_for_each_person(anna: User, ben: User, simulator: Simulator) -> None:
    secret, projects = simulator.tokens[0].token, list(simulator.projects)
    add(anna, secret, projects)
    asked = simulator.calls.count()
    with pytest.raises(tokens.NameTaken):
        add(anna, secret, projects)
    assert simulator.calls.count() == asked, "a name is looked up before the provider is asked"
    assert add(ben, secret, projects).saved


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


# Replacing -------------------------------------------------------------------------------------------


def test_a_replaced_token_keeps_its_projects_and_proves_anew(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    old = set(Access.objects.values_list("pk", flat=True))
    outcome = tokens.replace_token(anna, token.pk, Secret(simulator.mint(expires_in=600).token))
    assert outcome.saved
    row = tokens.get_token(anna, token.pk)
    assert {known.project for known in row.projects} == set(simulator.projects)
    assert on_board(anna) == products(simulator, *simulator.projects)
    assert not old & set(Access.objects.values_list("pk", flat=True))
    assert row.expires_at is not None


def test_what_the_old_token_proved_and_the_new_one_does_not_is_lost(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    kept, *lost = simulator.projects
    assert tokens.replace_token(anna, token.pk, Secret(simulator.mint([kept]).token)).saved
    assert on_board(anna) == products(simulator, kept)
    assert {row.project for row in tokens.get_token(anna, token.pk).projects} == {kept, *lost}


def test_the_abilities_of_the_old_token_are_not_the_new_ones(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    Ability.objects.create(token=token, operation="power", allowed=True, since=NOW)
    tokens.replace_token(anna, token.pk, Secret(simulator.tokens[1].token))
    states = [ability.state for ability in tokens.get_token(anna, token.pk).abilities]
    assert states == ["allowed", "untried", "untried"]


def test_a_refused_replacement_changes_nothing(anna: User, simulator: Simulator, add_token: AddToken) -> None:
    token = add_token(anna)
    before = (token.sealed, list(Access.objects.values()), list(Ability.objects.values()))
    outcome = tokens.replace_token(anna, token.pk, Secret("key_that_nobody_minted"))
    assert not outcome.saved
    assert "refuses this token (401)" in outcome.trials[0].sentence
    token.refresh_from_db()
    assert (token.sealed, list(Access.objects.values()), list(Ability.objects.values())) == before
    assert token.refused_at is None


def test_a_token_that_was_refused_is_good_again_once_replaced(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.revoke(simulator.tokens[0].token)
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).word == "Refused"
    tokens.replace_token(anna, token.pk, Secret(simulator.tokens[0].token))
    assert tokens.get_token(anna, token.pk).word == "Good"


def test_a_machine_named_by_hand_is_read_anew_by_the_new_token(anna: User, simulator: Simulator) -> None:
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    outcome = add(anna, by_hand(simulator), [project], (project, product))
    assert outcome.token_id
    new = simulator.mint([project], listing=False).token
    assert tokens.replace_token(anna, outcome.token_id, Secret(new)).saved
    assert on_board(anna) == {product}


@pytest.mark.django_db(transaction=True)
def test_forgotten_while_its_replacement_is_tried_it_stays_forgotten(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.fault("latency", seconds=0.5)

    def replace() -> str:
        try:
            return str(tokens.replace_token(anna, token.pk, Secret(simulator.tokens[1].token)).saved)
        except Http404:
            return "404"
        finally:
            connection.close()

    asked = simulator.calls.count()
    with ThreadPoolExecutor(1) as pool:
        replaced = pool.submit(replace)
        wait_for(lambda: simulator.calls.count() > asked)
        tokens.forget_token(anna, token.pk)
    assert replaced.result() == "404"
    assert not Token.objects.exists()
    assert on_board(anna) == set()


@pytest.mark.django_db(transaction=True)
def test_replaced_while_the_old_one_is_checked_it_has_only_its_own_proofs(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    kept = next(iter(simulator.projects))
    simulator.fault("latency", seconds=0.8, token=simulator.tokens[0].token)

    def check() -> None:
        try:
            tokens.check_token(anna, token.pk)
        finally:
            connection.close()

    asked = simulator.calls.count()
    with ThreadPoolExecutor(1) as pool:
        checked = pool.submit(check)
        wait_for(lambda: simulator.calls.count() > asked)
        tokens.replace_token(anna, token.pk, Secret(simulator.mint([kept]).token))
    checked.result()
    assert on_board(anna) == products(simulator, kept)


@pytest.mark.django_db(transaction=True)
def test_replaced_while_the_keys_are_rotated_the_new_token_stays(
    anna: User, simulator: Simulator, add_token: AddToken, settings: Settings
) -> None:
    stored = add_token(anna)
    settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]
    new, stop = simulator.tokens[1].token, threading.Event()

    def rotate() -> None:
        try:
            while not stop.is_set():
                rotation.rotate_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        rotating = pool.submit(rotate)
        for secret in [simulator.tokens[0].token, new] * 5:
            settings.TOKEN_KEYS = [crypto.make_key(), *settings.TOKEN_KEYS]
            assert tokens.replace_token(anna, stored.pk, Secret(secret)).saved
        stop.set()
    rotating.result()
    token = Token.objects.get()
    assert crypto.unseal(token.sealed, token.bound_to) == new


# Checking, projects and machines ---------------------------------------------------------------------


def test_a_check_brings_new_machines_and_the_date(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    project = next(iter(simulator.projects))
    before = tokens.get_token(anna, token.pk).projects[0].checked_at
    new = simulator.add_machine(project).product
    tokens.check_token(anna, token.pk)
    assert new in on_board(anna)
    assert tokens.get_token(anna, token.pk).projects[0].checked_at > before


def test_a_check_notes_a_refusal_with_its_date_and_words(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.revoke(simulator.tokens[0].token)
    assert not tokens.check_token(anna, token.pk).saved
    row = tokens.get_token(anna, token.pk)
    assert (row.tone, row.word, row.said) == ("bad", "Refused", "Missing or invalid token")
    assert row.refused_at is not None
    read = row.abilities[0]
    assert (read.state, read.since, read.said) == ("refused", row.refused_at, "Missing or invalid token")


def test_the_date_of_an_ability_moves_only_when_the_answer_turns(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    since = tokens.get_token(anna, token.pk).abilities[0].since
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).abilities[0].since == since
    fault = simulator.fault("status", code=401)
    tokens.check_token(anna, token.pk)
    refused = tokens.get_token(anna, token.pk).abilities[0].since
    simulator.clear_faults(fault)
    tokens.check_token(anna, token.pk)
    again = tokens.get_token(anna, token.pk).abilities[0]
    assert since is not None
    assert refused is not None
    assert again.since is not None
    assert since < refused < again.since
    assert again.state == "allowed"


def test_a_provider_that_is_down_refuses_nothing(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    simulator.fault("refuse")
    tokens.check_token(anna, token.pk)
    row = tokens.get_token(anna, token.pk)
    assert (row.refused_at, row.word, row.abilities[0].state) == (None, "Not reached", "allowed")
    assert on_board(anna) == products(simulator, *simulator.projects)


def test_a_further_project_is_kept_if_the_provider_answers(anna: User, simulator: Simulator) -> None:
    first, second, *_rest = simulator.projects
    outcome = add(anna, simulator.tokens[0].token, [first])
    assert outcome.token_id
    assert not tokens.add_project(anna, outcome.token_id, "prj-of-nobody").saved
    assert tokens.add_project(anna, outcome.token_id, second).saved
    assert on_board(anna) == products(simulator, first, second)
    assert {row.project for row in tokens.list_tokens(anna)[0].projects} == {first, second}


def test_a_refusal_met_while_a_project_is_added_is_noted(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    first, second, *_rest = simulator.projects
    token = add_token(anna, projects=[first])
    simulator.revoke(simulator.tokens[0].token)
    assert not tokens.add_project(anna, token.pk, second).saved
    assert tokens.get_token(anna, token.pk).word == "Refused"
    assert {row.project for row in tokens.get_token(anna, token.pk).projects} == {first}


def test_a_further_machine_is_read_by_its_id(anna: User, simulator: Simulator) -> None:
    project, (first, second) = next(iter(simulator.projects.items()))
    outcome = add(anna, by_hand(simulator), [project], (project, first))
    assert outcome.token_id
    assert tokens.add_machine(anna, outcome.token_id, project, second).saved
    assert on_board(anna) == {first, second}
    assert not tokens.add_machine(anna, outcome.token_id, project, "vm-of-nobody").saved


# Names and forgetting --------------------------------------------------------------------------------


def test_a_token_is_renamed_unless_the_name_is_taken(anna: User, ben: User) -> None:
    mine = give_token(anna, "Mine")
    give_token(anna, "Other")
    give_token(ben, "His")
    with pytest.raises(tokens.NameTaken):
        tokens.rename_token(anna, mine.pk, "Other")
    assert tokens.get_token(anna, mine.pk).name == "Mine"
    for name in ("His", "His"):
        tokens.rename_token(anna, mine.pk, name)
    assert tokens.get_token(anna, mine.pk).name == "His"


def test_a_forgotten_tokens_machines_leave_the_board_at_once(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    token = add_token(anna)
    version = show_board(anna, View()).version
    tokens.forget_token(anna, token.pk)
    assert not Token.objects.exists()
    assert on_board(anna) == set()
    poll = poll_board(anna, View(), version, False)
    assert poll.board is not None
    assert (poll.board.whole, poll.board.total) == (True, 0)


def test_a_machine_seen_through_another_token_stays(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    kept = next(iter(simulator.projects))
    forgotten = add_token(anna, "All")
    add_token(anna, "One", projects=[kept])
    tokens.forget_token(anna, forgotten.pk)
    assert on_board(anna) == products(simulator, kept)


def test_forgotten_for_one_person_it_stays_for_another(
    anna: User, ben: User, simulator: Simulator, add_token: AddToken
) -> None:
    his = add_token(ben)
    tokens.forget_token(anna, add_token(anna).pk)
    assert on_board(ben) == products(simulator, *simulator.projects)
    assert tokens.get_token(ben, his.pk).machines == 8


def test_with_only_a_refused_token_left_the_open_board_says_so_at_once(
    anna: User, add_token: AddToken
) -> None:
    good = add_token(anna, "Good")
    refused = give_token(anna, "Refused", refused_at=NOW)
    for machine in Machine.objects.all():
        give_access(refused, machine)
    version = show_board(anna, View()).version
    tokens.forget_token(anna, good.pk)
    poll = poll_board(anna, View(), version, False)
    assert poll.board is not None
    cards = poll.board.cards or [card for group in poll.board.groups for card in group.cards]
    assert {card.state for card in cards} == {"refused"}


# Strangers -------------------------------------------------------------------------------------------

BY_STRANGERS: dict[str, Callable[[User, Token], object]] = {
    "get": lambda user, token: tokens.get_token(user, token.pk),
    "check": lambda user, token: tokens.check_token(user, token.pk),
    "replace": lambda user, token: tokens.replace_token(user, token.pk, Secret("key_abcdefgh")),
    "rename": lambda user, token: tokens.rename_token(user, token.pk, "Taken"),
    "forget": lambda user, token: tokens.forget_token(user, token.pk),
    "add a project": lambda user, token: tokens.add_project(user, token.pk, "prj-1"),
    "add a machine": lambda user, token: tokens.add_machine(user, token.pk, "prj-1", "vm-1"),
}


@pytest.mark.parametrize("deed", BY_STRANGERS.values(), ids=BY_STRANGERS.keys())
def test_for_a_stranger_a_token_does_not_exist(
    anna: User, ben: User, simulator: Simulator, deed: Callable[[User, Token], object]
) -> None:
    token = give_token(anna, "Mine")
    with pytest.raises(Http404):
        deed(ben, token)
    with pytest.raises(Http404):
        deed(anna, Token(pk=uuid4(), owner=anna))
    assert simulator.calls.count() == 0
    assert Token.objects.get().name == "Mine"
    assert tokens.list_tokens(ben) == ()


# Seals -----------------------------------------------------------------------------------------------


def test_a_seal_that_does_not_open_is_a_state_of_the_token(
    anna: User, simulator: Simulator, add_token: AddToken
) -> None:
    one, other = add_token(anna, "One"), add_token(anna, "Other")
    Token.objects.filter(pk=one.pk).update(sealed=other.sealed)
    outcome = tokens.check_token(anna, one.pk)
    assert not outcome.saved
    assert "The stored token cannot be opened" in outcome.trials[0].sentence
    assert "It said" not in outcome.trials[0].sentence, "the provider said nothing"
    row = tokens.get_token(anna, one.pk)
    assert (row.tone, row.word) == ("bad", "Refused")
    assert "belongs to another row" in row.sentence
    assert tokens.get_token(anna, other.pk).word == "Good"


@pytest.mark.parametrize("damage", ["", "01", "ff" * 60, "01deadbeef" + "00" * 40])
def test_no_damage_to_a_seal_is_an_exception_to_the_page(
    anna: User, simulator: Simulator, add_token: AddToken, damage: str
) -> None:
    token = add_token(anna)
    Token.objects.filter(pk=token.pk).update(sealed=bytes.fromhex(damage))
    asked = simulator.calls.count()
    assert not tokens.check_token(anna, token.pk).saved
    assert simulator.calls.count() == asked
    assert "A stored token" in tokens.get_token(anna, token.pk).sentence
    assert tokens.replace_token(anna, token.pk, Secret(simulator.tokens[0].token)).saved
    assert tokens.get_token(anna, token.pk).word == "Good"


def test_with_the_keys_lost_and_found_the_tokens_are_good_again(
    anna: User, add_token: AddToken, settings: Settings
) -> None:
    token, keys = add_token(anna), settings.TOKEN_KEYS
    settings.TOKEN_KEYS = [crypto.make_key()]
    tokens.check_token(anna, token.pk)
    assert "not among TOKEN_KEYS" in tokens.get_token(anna, token.pk).sentence
    settings.TOKEN_KEYS = keys
    tokens.check_token(anna, token.pk)
    assert tokens.get_token(anna, token.pk).word == "Good"


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = threading.Event()
    for _turn in range(int(seconds / 0.01)):
        if condition():
            return
        deadline.wait(0.01)
    raise AssertionError("it did not come about in time")
