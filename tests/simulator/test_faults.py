"""Faults and receipts: what is switched on meets the calls it names, and every request is on record."""

import json
from typing import Any

import pytest
import requests

from tests.simulator.conftest import Caller


@pytest.mark.parametrize("code", [500, 502, 429, 401, 403, 404])
def test_a_status_fault_answers_in_the_documented_shape(caller: Caller, code: int) -> None:
    caller.sim.fault("status", code=code, kind="status")
    reply = caller.call("status")
    assert reply.status_code == code
    assert isinstance(reply.json()["error"], str)
    assert caller.call("listing").status_code == 200


def test_a_fault_says_what_it_is_given(caller: Caller) -> None:
    caller.sim.fault("status", code=502, body="<h1>Bad Gateway</h1>")
    reply = caller.call("status")
    assert (reply.status_code, reply.text) == (502, "<h1>Bad Gateway</h1>")
    assert reply.headers["Content-Type"].startswith("text/html")


def test_html_garbage_and_wrong_json_come_with_200(caller: Caller) -> None:
    for fault in ("html", "garbage"):
        caller.sim.fault(fault)
        reply = caller.call("status")
        assert reply.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            json.loads(reply.content)
    caller.sim.fault("wrong_json", body={"status": 7})
    assert caller.call("status").json() == {"status": 7}


def test_a_hang_never_answers(caller: Caller) -> None:
    caller.sim.fault("hang")
    with pytest.raises(requests.ReadTimeout):
        caller.call("status", timeout=0.2)


def test_a_reset_breaks_the_connection(caller: Caller) -> None:
    caller.sim.fault("reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        caller.call("status")


def test_a_truncated_reply_ends_too_early(caller: Caller) -> None:
    caller.sim.fault("truncate")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        caller.call("status")


def test_latency_delays_the_reply(caller: Caller) -> None:
    caller.sim.fault("latency", seconds=0.2)
    assert caller.call("status").elapsed.total_seconds() >= 0.2


def test_a_latency_longer_than_patience_is_a_timeout(caller: Caller) -> None:
    caller.sim.fault("latency", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        caller.call("status", timeout=0.2)


def test_the_provider_can_be_down_and_come_back_at_the_same_address(caller: Caller) -> None:
    assert caller.call("status").status_code == 200
    down = caller.sim.fault("refuse")
    with pytest.raises(requests.ConnectionError):
        caller.call("status")
    caller.sim.clear_faults(down)
    assert caller.call("status").status_code == 200


def test_a_fault_before_the_deed_prevents_it(caller: Caller) -> None:
    caller.sim.fault("reset", kind="control")
    with pytest.raises(requests.ConnectionError):
        caller.power("kill")
    assert caller.status()["status"] == "running"


def test_a_fault_after_the_deed_only_hides_it(caller: Caller) -> None:
    caller.sim.fault("reset", kind="control", after=True)
    with pytest.raises(requests.ConnectionError):
        caller.power("kill")
    assert caller.status()["status"] == "stopped"


def test_the_first_calls_can_be_spared_and_the_last_too(caller: Caller) -> None:
    caller.sim.fault("status", code=500, skip=1, times=2)
    assert [caller.call("status").status_code for _ in range(4)] == [200, 500, 500, 200]


@pytest.mark.parametrize("scope", ["project", "product", "token"])
def test_a_scope_spares_the_others(caller: Caller, scope: str) -> None:
    caller.sim.fault("status", **{scope: "somebody else"})
    assert caller.call("status").status_code == 200
    mine = {"project": caller.project, "product": caller.product, "token": "operator"}
    caller.sim.fault("status", **{scope: mine[scope]})
    assert caller.call("status").status_code == 500


def test_the_control_routes_do_the_same(caller: Caller, control: requests.Session) -> None:
    url = caller.sim.control + "/faults"
    number = control.post(url, json={"fault": "status", "code": 404, "kind": "status"}).json()["id"]
    assert caller.call("status").status_code == 404
    assert [fault["number"] for fault in control.get(url).json()] == [number]
    control.delete(f"{url}/{number}")
    assert caller.call("status").status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"fault": "flood"}, {"fault": "hang", "colour": 1}, {"fault": "refuse", "product": "x"}, []]
)
def test_a_fault_that_is_none_is_refused(caller: Caller, control: requests.Session, body: Any) -> None:
    assert control.post(caller.sim.control + "/faults", json=body).status_code == 400
    assert caller.call("status").status_code == 200


def test_the_control_routes_change_machines(caller: Caller, control: requests.Session) -> None:
    url = f"{caller.sim.control}/machines"
    control.post(f"{url}/{caller.product}", json={"status": "migrating", "name": "<b>", "cpu": 91.5})
    assert caller.status()["status"] == "migrating"
    assert caller.status()["cpu"] == 91.5
    made = control.post(url, json={"project": caller.project, "name": "fresh"}).json()["product"]
    names = {entry["uid"]: entry["name"] for entry in caller.call("listing").json()}
    assert (names[caller.product], names[made]) == ("<b>", "fresh")
    assert control.get(url).json()[made]["status"] == "running"
    control.delete(f"{url}/{caller.product}")
    assert caller.call("status").status_code == 404
    assert control.delete(f"{url}/{caller.product}").status_code == 404
    assert control.post(f"{url}/{made}", json={"colour": "red"}).status_code == 400


def test_the_control_routes_mint_and_revoke(caller: Caller, control: requests.Session) -> None:
    url = caller.sim.control + "/tokens"
    caller.token = control.post(url, json={"projects": [caller.project], "listing": False}).json()["token"]
    assert caller.call("listing").status_code == 403
    assert control.delete(f"{url}/{caller.token}").status_code == 200
    assert caller.call("listing").status_code == 401


def test_every_request_has_a_receipt(caller: Caller, control: requests.Session) -> None:
    caller.sim.fault("reset", kind="control")
    with pytest.raises(requests.ConnectionError):
        caller.power("stop")
    caller.call("status")
    told = control.get(caller.sim.control + "/calls").json()
    first, second = told["calls"]
    assert (first["kind"], first["action"], first["method"], first["product"]) == (
        "control",
        "stop",
        "POST",
        caller.product,
    )
    assert second["number"] == first["number"] + 1
    assert second["token"] == 0
    assert second["connection"] != first["connection"]
    assert caller.sim.calls.count("control") == 1
    later = control.get(f"{caller.sim.control}/calls?after={first['number']}&kind=status").json()
    assert [call["number"] for call in later["calls"]] == [second["number"]]


def test_receipts_are_forgotten_and_numbers_are_not(caller: Caller, control: requests.Session) -> None:
    caller.call("status")
    control.delete(caller.sim.control + "/calls")
    caller.call("status")
    assert [call.number for call in caller.sim.calls] == [2]
    assert caller.sim.calls.count() == 1


def test_a_stranger_and_a_wrong_path_have_receipts_too(caller: Caller) -> None:
    caller.session.get(caller.sim.api + "/../../etc/passwd", timeout=5)
    caller.token = "nobody-knows-this"
    caller.call("status")
    other, stranger = caller.sim.calls
    assert (other.kind, other.project, stranger.token) == ("other", "", None)
