"""Projects are listed anew every five minutes, and tokens come and go meanwhile."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from tests.rows import give_access, give_machine, give_token
from tests.services.collector_kit import (
    all_heard,
    collecting,
    eventually,
    let_time_pass,
    machines_of,
    status_of,
)
from vps.access import machine_readers
from vps.models import Access, Machine, Status, Token, TokenProject
from vps.services.collection import Collector
from vps.simulator.server import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("soon")]
P = Status.Problem


def test_a_revoked_token_hands_over_at_once_and_is_tried_again_after_five_minutes(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    first, second = simulator.mint(), simulator.mint()
    lost, good = add_token(anna, secret=first.token), add_token(ben, secret=second.token)
    simulator.revoke(first.token)
    with collecting():
        eventually(lambda: all_heard(good), "the other token reads all")
    lost.refresh_from_db()
    good.refresh_from_db()
    assert lost.refused_at is not None
    assert good.refused_at is None
    simulator._do(lambda: simulator.world.add_token(first))
    with collecting():
        let_time_pass(timedelta(minutes=4))
        Collector(threads=2).run_once()
        assert Token.objects.get(pk=lost.pk).refused_at is not None
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: Token.objects.get(pk=lost.pk).refused_at is None, "the listing proves it good")


def test_a_listing_every_five_minutes_brings_names_and_new_machines(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    project, (known, *_rest) = next(iter(simulator.projects.items()))
    simulator.set(known, name="renamed")
    new = simulator.add_machine(project, name="fresh")
    with collecting():
        eventually(lambda: all_heard(token), "all are heard of")
        assert not Machine.objects.filter(product=new.product).exists()
        let_time_pass(timedelta(minutes=6))
        eventually(
            lambda: Status.objects.filter(machine__product=new.product, word="running").exists(),
            "the new machine is read",
        )
    assert Machine.objects.get(product=known).name == "renamed"
    assert simulator.calls.count("listing") == 2 * len(simulator.projects)


def test_an_empty_listing_after_a_full_one_deletes_nothing(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    simulator.fault("status", code=200, body=[], kind="listing")
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("listing") >= 8, "all are listed anew")
    assert len(machines_of(token)) == 8
    assert set(Machine.objects.values_list("missed", flat=True)) == {0}


def test_a_machine_that_left_the_provider_is_gone_and_stays_on_the_board(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    machine = machines_of(add_token(anna))[0]
    simulator.remove(machine.product)
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: status_of(machine).problem == P.GONE, "it is gone")
        eventually(lambda: Machine.objects.get(pk=machine.pk).missed == 1, "the listing missed it")
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: Machine.objects.get(pk=machine.pk).missed == 2, "the listing missed it twice")
    assert machine.accesses.count() == 1


def test_machines_named_by_hand_are_read_without_a_listing(
    anna: User, settings: Settings, simulator: Simulator
) -> None:
    unproved = simulator.mint(listing=False)
    project, (product, *_rest) = next(iter(simulator.projects.items()))
    token = give_token(anna, secret=unproved.token)
    machine = give_machine(
        token, machine={"project": project, "product": product}, access={"how": Access.How.HAND}, word=""
    )
    TokenProject.objects.create(token=token, project=project, how="hand", checked_at=timezone.now())
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: status_of(machine).word, "it is read")
        eventually(lambda: simulator.calls.count("listing") == 1, "the listing is tried again")
    assert TokenProject.objects.get().how == "hand"
    assert token.accesses.get().refused_at is None


def test_a_token_whose_listing_is_refused_proves_each_of_its_machines_itself(anna: User, ben: User) -> None:
    mine, theirs = give_token(anna), give_token(ben)
    machine = give_machine(mine)
    give_access(theirs, machine)
    for token in (mine, theirs):
        TokenProject.objects.create(token=token, project="prj-1", how="listed", checked_at=timezone.now())
    assert [reader.unproved for reader in machine_readers()] == [False, False]
    TokenProject.objects.filter(token=theirs).update(how="refused")
    assert [reader.unproved for reader in machine_readers()] == [False, True]


def test_a_listing_for_a_token_that_was_replaced_meanwhile_proves_nothing(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    weak = simulator.mint(projects=list(simulator.projects)[:1])
    simulator.fault("latency", seconds=1.0, kind="listing")
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("listing") >= 8, "the listings are under way")
        token.seal(weak.token)
        token.save(update_fields=["sealed"])
        token.accesses.all().delete()
        asked = TokenProject.objects.values_list("checked_at", flat=True)
        eventually(lambda: simulator.calls.count("listing") >= 12, "they are asked for anew")
        eventually(lambda: max(asked.all()) > timezone.now() - timedelta(minutes=1), "and answered")
    projects = set(token.accesses.values_list("machine__project", flat=True))
    assert projects <= set(weak.projects)


def test_a_disabled_persons_token_is_used_no_more(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna)
    with collecting() as collector:
        eventually(lambda: all_heard(token), "all are heard of")
        User.objects.update(is_active=False)
        let_time_pass(timedelta(minutes=6))
        eventually(lambda: not collector.schedule.targets, "nobody is to be asked")
    simulator.calls.clear()
    Collector(threads=2).run_once()
    assert simulator.calls.count() == 0


def test_a_token_forgotten_while_it_asks_disturbs_nobody(
    anna: User, ben: User, add_token: Callable[..., Token], simulator: Simulator, caplog: Any
) -> None:
    gone, stays = add_token(anna), add_token(ben, secret=simulator.tokens[1].token)
    simulator.fault("latency", seconds=0.5)
    let_time_pass(timedelta(minutes=6))
    with collecting():
        eventually(lambda: simulator.calls.count("status") > 0, "calls are under way")
        Token.objects.filter(pk=gone.pk).delete()
        eventually(lambda: all_heard(stays), "the other token's machines are read")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_listing_does_not_undo_that_a_machine_may_not_be_read(
    anna: User, add_token: Callable[..., Token], simulator: Simulator
) -> None:
    token = add_token(anna, secret=simulator.mint(permissions=[]).token)
    Collector(threads=4).run_once()
    refused = set(token.accesses.values_list("pk", "refused_at"))
    assert len(refused) == 8
    assert None not in {moment for _pk, moment in refused}
    let_time_pass(timedelta(minutes=6))
    with collecting():
        listed = TokenProject.objects.filter(checked_at__gt=timezone.now() - timedelta(minutes=1))
        eventually(lambda: listed.count() == 4, "all projects are listed anew")
    assert set(token.accesses.values_list("pk", "refused_at")) == refused
