"""A confirmed bulk on its way: how far each machine is, in words."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.hostile import HOSTILE
from tests.page_structure import Structure
from tests.rows import give_action
from tests.test_hostile import harmless
from tests.views.bulk_kit import at, bulk, chosen, confirmed, pressed, read
from vps.models import Bulk, Machine, PowerAction, Status, Token
from vps.provider.text import clean
from vps.services import bulk as bulks
from vps.simulator.server import Simulator

__all__ = ["bulk", "confirmed"]
GOES_ON = "hx-trigger="
HTMX = {"HX-Request": "true"}


def test_it_is_confirmed_once_and_its_page_goes_on(signed_in: Client, bulk: Bulk) -> None:
    answer = signed_in.post(at(bulk, "confirm"))
    assert (answer.status_code, answer["Location"]) == (303, at(bulk))
    answer = signed_in.get(at(bulk))
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert GOES_ON in page
    assert page.count("Waiting") == 3
    assert "3 waiting" in page
    assert "Continue" in page


def test_nothing_is_asked_before_the_confirmation(signed_in: Client, bulk: Bulk) -> None:
    assert signed_in.post(at(bulk, "next")).status_code == 303
    assert not PowerAction.objects.exists()
    assert "Reboot 3 machines?" in read(signed_in, bulk)


def test_it_says_what_became_of_each_and_puts_what_went_wrong_first(
    signed_in: Client, anna: User, confirmed: Bulk
) -> None:
    now = timezone.now()
    seen = {"observed": "reached", "requested_at": now, "observed_at": now + timedelta(seconds=14)}
    pressed(
        confirmed,
        anna,
        seen,
        {"state": "unknown", "observed": "not_seen", "reason": "outcome_unknown.timeout"},
        {"state": "failed", "observed": "", "reason": "token_refused"},
    )
    page = read(signed_in, confirmed)
    assert "Done: 1 runs again, 1 failed, 1 unknown." in page
    assert "Running again after 14 s." in page
    assert "The token was refused." in page
    assert "then no answer came in time." in page
    assert GOES_ON not in page
    names = [page.index(f">{name}</a>") for name in ("db-01", "web-01", "cache-01")]
    assert names == sorted(names)


def test_it_is_watched_until_all_were_seen(signed_in: Client, anna: User, confirmed: Bulk) -> None:
    pressed(confirmed, anna, {}, {}, {"observed": "reached", "observed_at": timezone.now()})
    page = read(signed_in, confirmed)
    assert "1 runs again, 2 accepted and watched" in page
    assert GOES_ON in page
    assert "Stop the rest" not in page


def test_a_pause_is_said(signed_in: Client, confirmed: Bulk) -> None:
    until = timezone.now() + timedelta(seconds=40)
    Bulk.objects.update(paused_until=until, paused_for="rate_limited", pace=1)
    page = read(signed_in, confirmed)
    assert "The provider wants fewer calls (429). The rest waits until" in page
    assert GOES_ON in page


def test_one_that_stood_still_goes_on_only_when_told(signed_in: Client, confirmed: Bulk) -> None:
    Bulk.objects.update(confirmed_at=timezone.now() - timedelta(minutes=6))
    page = read(signed_in, confirmed)
    assert "It stands still." in page
    assert GOES_ON not in page
    assert "Continue" in page


def test_the_rest_is_stopped(signed_in: Client, anna: User, confirmed: Bulk) -> None:
    answer = signed_in.post(at(confirmed, "stop"))
    assert (answer.status_code, answer["Location"]) == (303, at(confirmed))
    page = read(signed_in, confirmed)
    assert "Done: 3 left out." in page
    assert "You stopped the rest before its turn came." in page


def test_what_was_stopped_does_not_count_as_asked(signed_in: Client, anna: User, confirmed: Bulk) -> None:
    first = confirmed.items.all()[0]
    action = give_action(first.machine, anna)
    confirmed.items.filter(pk=first.pk).update(state="pressed", action=action, taken_at=timezone.now())
    bulks.stop_bulk(anna, confirmed.pk)
    page = read(signed_in, confirmed)
    assert "1 of 3 asked" in page
    assert "Not all were asked." in page
    assert "All were asked" not in page


def test_what_is_being_asked_was_not_asked_yet(signed_in: Client, anna: User, confirmed: Bulk) -> None:
    pressed(confirmed, anna, {"state": "sent"}, {}, {})
    assert "2 of 3 asked" in read(signed_in, confirmed)


@pytest.mark.parametrize("minutes", [2, 60])
def test_what_a_process_that_died_had_taken_is_not_being_asked_for_ever(
    signed_in: Client, anna: User, confirmed: Bulk, minutes: int
) -> None:
    before = timezone.now() - timedelta(minutes=minutes)
    Bulk.objects.update(confirmed_at=before)
    pressed(confirmed, anna, *[{"observed": "reached", "observed_at": before}] * 3)
    one = confirmed.items.all()[0]
    confirmed.items.filter(pk=one.pk).update(state="taken", action=None, taken_at=before)
    confirmed.items.exclude(pk=one.pk).update(taken_at=before)
    page = read(signed_in, confirmed)
    assert "It was interrupted. Continue, to see what became of the rest." in page
    assert "1 interrupted" in page
    assert "eing asked" not in page
    assert "Continue" in page


def test_the_providers_words_cost_no_query_for_each_machine(
    signed_in: Client, anna: User, confirmed: Bulk
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            read(signed_in, confirmed)
        return len(asked)

    failed = {"state": "failed", "observed": "", "reason": "refused", "token_id": Token.objects.get().pk}
    pressed(confirmed, anna, *[failed] * 3)
    silent = queries()
    PowerAction.objects.update(said="out of quota")
    assert queries() == silent
    assert read(signed_in, confirmed).count("out of quota") == 3


def test_a_machine_that_one_may_no_longer_see_has_no_name(
    signed_in: Client, anna: User, confirmed: Bulk, machines: list[Machine]
) -> None:
    machines[0].accesses.all().delete()
    page = read(signed_in, confirmed)
    assert machines[0].name not in page
    assert machines[1].name in page


@pytest.mark.django_db(transaction=True)
def test_the_next_machines_are_asked(
    signed_in: Client, anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    add_token(anna)
    for machine in Machine.objects.all():
        simulator.set(machine.product, status="running")
    assert "Reboot 8 machines?" in chosen(signed_in, "reboot", all="1")
    bulk = Bulk.objects.get()
    signed_in.post(at(bulk, "confirm"))
    answer = signed_in.post(at(bulk, "next"), headers=HTMX)
    fragment = answer.content.decode()
    assert fragment.count("<html") == 0
    assert 'id="run"' in fragment
    assert "8 accepted and watched" in fragment
    assert len(simulator.calls.received("control")) == 8
    assert signed_in.post(at(bulk, "next"))["Location"] == at(bulk)
    assert len(simulator.calls.received("control")) == 8
    assert 'id="run"' in signed_in.get(at(bulk), headers=HTMX).content.decode()


expectations: dict[str, list[Structure]] = {}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_strangers_say_shows_as_text(
    signed_in: Client, anna: User, machines: list[Machine], hostile: str
) -> None:
    token = Token.objects.get()

    def see(text: str) -> list[Structure]:
        """The question, with a machine whose status word is unknown; and how it went, with the provider's words."""
        Machine.objects.update(name=clean(text, 200), ipv4=clean(text, 64))
        Status.objects.update(word=clean(text, 64))
        ids = [str(one.pk) for one in machines]
        made = bulks.make_bulk(anna, "reboot", bulks.choose_machines(anna, ids))
        question = read(signed_in, made)
        bulks.confirm_bulk(anna, made.pk)
        said = {"state": "failed", "observed": "", "reason": "refused", "said": clean(text, 300)}
        pressed(made, anna, *[{**said, "token_id": token.pk}] * 3)
        return [Structure(page) for page in (question, read(signed_in, made))]

    alike = harmless(hostile)
    if alike not in expectations:
        expectations[alike] = see(alike)
    seen = see(hostile)
    assert [page.elements for page in seen] == [page.elements for page in expectations[alike]]
    assert clean(hostile, 200) in seen[0].text
    assert clean(hostile, 300).rstrip(" .") in seen[1].text
