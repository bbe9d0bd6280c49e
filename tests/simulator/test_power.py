"""Power: what each action does, how long it takes, and when it is refused."""

import pytest

from tests.simulator.conftest import Caller, Clock
from vps.simulator.machines import Machine
from vps.simulator.server import Simulator


def test_a_stopped_machine_starts_after_some_seconds(caller: Caller, clock: Clock) -> None:
    caller.sim.set(caller.product, status="stopped")
    receipt = caller.power("start").json()
    assert receipt["action"]["finished"] is None
    assert caller.status()["status"] == "stopped"
    clock.advance(10)
    assert caller.status()["status"] == "running"
    assert caller.uptime() == 7


def test_a_graceful_stop_takes_its_time(caller: Caller, clock: Clock) -> None:
    caller.power("stop")
    clock.advance(4)
    assert caller.status()["status"] == "running"
    clock.advance(2)
    status = caller.status()
    assert (status["status"], status["uptime"], status["cpu"]) == ("stopped", "0s", 0.0)


def test_a_reboot_is_seen_by_a_younger_uptime(caller: Caller, clock: Clock) -> None:
    assert caller.uptime() == 5000
    caller.power("reboot")
    assert caller.uptime() == 5000
    clock.advance(6)
    assert caller.status()["status"] == "running"
    assert caller.uptime() == 2


def test_a_kill_works_at_once(caller: Caller) -> None:
    receipt = caller.power("kill").json()["action"]
    assert receipt["finished"] == receipt["created"]
    assert caller.status()["status"] == "stopped"


def test_a_kill_cuts_a_graceful_stop_short(caller: Caller) -> None:
    caller.power("stop")
    assert caller.power("kill").status_code == 200
    assert caller.status()["status"] == "stopped"


def test_a_second_action_meets_a_busy_machine(caller: Caller) -> None:
    caller.power("reboot")
    reply = caller.power("stop")
    assert reply.status_code == 400
    assert "busy" in reply.json()["error"]


@pytest.mark.parametrize("action", ["stop", "kill", "reboot"])
def test_what_is_off_cannot_be_stopped(caller: Caller, action: str) -> None:
    caller.sim.set(caller.product, status="stopped")
    reply = caller.power(action)
    assert reply.status_code == 400
    assert reply.json() == {"error": "Error, vps is already offline."}


def test_a_guest_that_does_not_obey_stays_up(caller: Caller, clock: Clock) -> None:
    caller.sim.set(caller.product, obeys=False)
    assert caller.power("stop").json()["success"] is True
    clock.advance(300)
    assert caller.status()["status"] == "running"
    caller.power("kill")
    assert caller.status()["status"] == "stopped"


@pytest.mark.parametrize("body", [{}, {"action": "explode"}, {"action": ["start"]}, [], "start"])
def test_an_unknown_action_is_refused(caller: Caller, body: object) -> None:
    assert caller.call("control", "POST", json=body).status_code == 400
    assert caller.call("control", "POST", data="{").status_code == 400
    assert caller.status()["status"] == "running"


def test_the_list_follows_in_its_own_words(caller: Caller) -> None:
    caller.power("kill")
    entries = {entry["uid"]: entry for entry in caller.call("listing").json()}
    assert entries[caller.product]["details"]["status"] == "offline"
    assert any(entry["type"] != "vps" for entry in entries.values())


def test_figures_move_with_time_and_only_with_time(caller: Caller, clock: Clock) -> None:
    first = caller.status()
    assert caller.status() == first
    clock.advance(60)
    later = caller.status()
    assert later["cpu"] != first["cpu"]
    assert later["cpus"] == first["cpus"]


def test_a_seed_repeats_figures_and_never_names(clock: Clock) -> None:
    with Simulator(machines=3, seed=7, clock=clock) as one, Simulator(machines=3, seed=7, clock=clock) as two:
        figures = [[one_machine.status(clock()) for one_machine in _all(sim)] for sim in (one, two)]
        assert figures[0] == figures[1]
        assert not set(one.projects) & set(two.projects)
        assert {t.token for t in one.tokens}.isdisjoint(t.token for t in two.tokens)


def test_the_default_login_expires(caller: Caller, clock: Clock) -> None:
    caller.sim.set(caller.product, login_for=60)
    assert caller.call("defaultlogin").json()["username"] == "ubuntu"
    clock.advance(61)
    reply = caller.call("defaultlogin")
    assert reply.status_code == 400
    assert reply.json() == {"error": "Default password no longer available"}


def _all(sim: Simulator) -> list[Machine]:
    return [sim.machine(product) for machines in sim.projects.values() for product in machines]
