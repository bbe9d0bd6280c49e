"""Tokens: who may ask what, how often, and until when."""

import base64
import json

import pytest

from tests.simulator.conftest import Caller, Clock


@pytest.mark.parametrize(
    ("kind", "permission"), [("status", "READ_VPS"), ("control", "VPS_CONTROL"), ("console", "CONSOLE_VNC")]
)
def test_each_permission_opens_one_thing(caller: Caller, kind: str, permission: str) -> None:
    method = "POST" if kind == "control" else "GET"
    body = {"action": "reboot"} if kind == "control" else None
    others = {"READ_VPS", "VPS_CONTROL", "CONSOLE_VNC"} - {permission}
    caller.token = caller.sim.mint(permissions=list(others)).token
    refused = caller.call(kind, method, json=body)
    assert refused.status_code == 403
    assert refused.json() == {"error": "Insufficient permissions to access this resource"}
    caller.token = caller.sim.mint(permissions=[permission]).token
    assert caller.call(kind, method, json=body).status_code == 200


def test_the_permission_header_must_be_sent(caller: Caller) -> None:
    url = f"{caller.sim.api}/projects/{caller.project}/products/{caller.product}/vps/status"
    reply = caller.session.get(url, headers={"Authorization": f"Bearer {caller.token}"}, timeout=5)
    assert reply.status_code == 403


def test_a_refused_list_leaves_single_machines_readable(caller: Caller) -> None:
    caller.token = caller.sim.mint(listing=False).token
    assert caller.call("listing").status_code == 403
    assert caller.call("status").status_code == 200


def test_another_project_is_not_found(caller: Caller) -> None:
    caller.token = caller.sim.mint([list(caller.sim.projects)[1]]).token
    reply = caller.call("status")
    assert reply.status_code == 404
    assert reply.json() == {"error": "Project not found"}


def test_a_machine_is_not_found_in_another_project(caller: Caller) -> None:
    caller.project = list(caller.sim.projects)[1]
    assert caller.call("status").status_code == 404


def test_a_revoked_token_is_refused_at_once(caller: Caller) -> None:
    assert caller.call("status").status_code == 200
    caller.sim.revoke(caller.token)
    assert caller.call("status").status_code == 401


def test_a_short_lived_token_looks_like_a_jwt_and_expires(caller: Caller, clock: Clock) -> None:
    caller.token = caller.sim.mint(expires_in=600).token
    claims = caller.token.split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert told["exp"] == int(clock()) + 600
    assert caller.call("status").status_code == 200
    clock.advance(600)
    assert caller.call("status").status_code == 401


def test_the_allowance_is_counted_down_and_refilled(caller: Caller, clock: Clock) -> None:
    caller.token = caller.sim.mint(calls_per_minute=3).token
    left = [caller.call("status").headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    clock.advance(20)
    refused = caller.call("status")
    assert refused.status_code == 429
    assert refused.json() == {"error": "Rate limit exceeded. Please try again later."}
    assert refused.headers["X-RateLimit-Limit"] == "3"
    assert refused.headers["X-RateLimit-Reset"] == "40"
    clock.advance(40)
    assert caller.call("status").headers["X-RateLimit-Remaining"] == "2"


def test_tokens_do_not_share_an_allowance(caller: Caller) -> None:
    first, second = (caller.sim.mint(calls_per_minute=1).token for _ in range(2))
    for caller.token in (first, second):
        assert caller.call("status").status_code == 200


def test_without_a_limit_no_header_is_sent(caller: Caller) -> None:
    caller.token = caller.sim.mint(calls_per_minute=0).token
    assert not [name for name in caller.call("status").headers if name.lower().startswith("x-rate")]


def test_a_token_is_not_in_its_repr(caller: Caller) -> None:
    assert caller.token not in repr(caller.sim.tokens)
