"""The provider's endpoints, to the letter of provider-api.md."""

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple

from vps.simulator.faults import TEXTS, Faults
from vps.simulator.http import Reply, Request, reply_json
from vps.simulator.machines import SECONDS, InvalidState, Machine
from vps.simulator.receipts import Receipts
from vps.simulator.tickets import Tickets
from vps.simulator.tokens import Token
from vps.simulator.world import World

NO_LOGIN = "Default password no longer available"
METHODS = {
    "status": ("GET",),
    "listing": ("GET",),
    "control": ("POST",),
    "console": ("GET",),
    "defaultlogin": ("GET", "POST"),
}
NEEDS = {"status": "READ_VPS", "control": "VPS_CONTROL", "console": "CONSOLE_VNC"}
_PATH = re.compile(
    r"/projects/(?P<project>[^/]+)/products"
    r"(?:/(?P<product>[^/]+)/vps/(?P<kind>status|control|console|defaultlogin))?"
)


class Call(NamedTuple):
    kind: str
    project: str
    product: str
    request: Request
    token: Token | None


class Refusal(Exception):
    """The provider says no."""

    def __init__(self, code: int, text: str = "") -> None:
        self.reply = reply_json(code, {"error": text or TEXTS[code]})


class Api:
    """Answers requests below `base` from the world, unless a fault comes in between."""

    def __init__(self, base: str, world: World, faults: Faults, receipts: Receipts, tickets: Tickets) -> None:
        self._base, self._world = base, world
        self._faults, self._receipts, self._tickets = faults, receipts, tickets

    def answer(self, request: Request) -> Reply:
        call = self._read(request)
        self._note(call)
        names = (call.token.token, call.token.name) if call.token else ()
        wait, fault = self._faults.meet(call.kind, call.project, call.product, names)
        if fault is None:
            reply = self._act(call)
        else:
            reply = fault.spoil(self._act(call) if fault.after or fault.fault == "truncate" else None)
        return reply._replace(wait=wait) if wait else reply

    def _read(self, request: Request) -> Call:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token = self._world.token(secret) if scheme.lower() == "bearer" else None
        below = request.path.startswith(self._base)
        match = _PATH.fullmatch(request.path[len(self._base) :]) if below else None
        if match is None:
            return Call("other", "", "", request, token)
        return Call(match["kind"] or "listing", match["project"], match["product"] or "", request, token)

    def _note(self, call: Call) -> None:
        request = call.request
        action = str(_json(request).get("action", "")) if call.kind == "control" else ""
        self._receipts.note(
            self._world.now(),
            call.kind,
            request.method,
            call.project,
            call.product,
            call.token.number if call.token else None,
            action,
            request.connection,
            request.path,
        )

    def _act(self, call: Call) -> Reply:
        token, now = call.token, self._world.now()
        if token is None:
            return Refusal(401).reply
        allowed = token.take(now)
        try:
            reply = self._allowed(call, token) if allowed else Refusal(429).reply
        except Refusal as refusal:
            reply = refusal.reply
        return reply._replace(headers=token.rate_headers(now))

    def _allowed(self, call: Call, token: Token) -> Reply:
        if call.kind == "other":
            raise Refusal(404, "Not found")
        if call.request.method not in METHODS[call.kind]:
            raise Refusal(405, "Method not allowed")
        if call.project not in token.projects or call.project not in self._world.projects:
            raise Refusal(404)
        self._check_permission(call, token)
        if call.kind == "listing":
            return self._listing(call)
        machine = self._world.machine(call.project, call.product)
        if machine is None:
            raise Refusal(404, "Product not found")
        answers = {
            "status": self._status,
            "control": self._control,
            "console": self._console,
            "defaultlogin": self._default_login,
        }
        return answers[call.kind](machine, call.request)

    def _check_permission(self, call: Call, token: Token) -> None:
        needed = NEEDS.get(call.kind)
        asked = call.request.headers.get("permission")
        if needed and (asked != needed or needed not in token.permissions):
            raise Refusal(403)
        if call.kind == "listing" and not token.listing:
            raise Refusal(403)

    def _listing(self, call: Call) -> Reply:
        now, detailed = self._world.now(), "detailed=true" in call.request.query.split("&")
        entries = [machine.listed(now, detailed=detailed) for machine in self._world.machines(call.project)]
        return reply_json(200, entries + self._world.others[call.project])

    def _status(self, machine: Machine, request: Request) -> Reply:
        now = self._world.now()
        if machine.leaves_after is not None and machine.leaves is None:
            machine.leaves = now + machine.leaves_after
        return reply_json(200, machine.status(now))

    def _control(self, machine: Machine, request: Request) -> Reply:
        action, now = _json(request).get("action"), self._world.now()
        if not isinstance(action, str) or action not in SECONDS:
            raise Refusal(400, "Error, unknown action.")
        try:
            done = machine.act(action, now)
        except InvalidState as invalid:
            raise Refusal(400, str(invalid)) from invalid
        finished = _moment(done) if done <= now else None
        uid = "action_" + secrets.token_hex(6)
        told = {"uid": uid, "command": action, "created": _moment(now), "finished": finished}
        return reply_json(200, {"success": True, "action": told})

    def _console(self, machine: Machine, request: Request) -> Reply:
        machine.settle(self._world.now())
        if machine.booted is None:
            raise Refusal(400, "Error, vps is offline.")
        ticket, secret = self._tickets.issue(machine.project, machine.product)
        return reply_json(200, {"success": True, "ticket": ticket, "secret": secret})

    def _default_login(self, machine: Machine, request: Request) -> Reply:
        if request.method == "POST":
            machine.login_until = 0.0
            return reply_json(200, {"success": True})
        login = machine.login(self._world.now())
        if login is None:
            raise Refusal(400, NO_LOGIN)
        return reply_json(200, login)


def _json(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
