"""The control routes: what tests and the demo do to the world behind the provider's back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from vps.simulator.hands import Hands
from vps.simulator.http import Reply, Request, reply_json

Route = Callable[[list[str], dict[str, Any]], Any]


class Control:
    """Routes below `base`; bad input is 400 with {"error": …}, an unknown name 404."""

    def __init__(self, base: str, hands: Hands) -> None:
        self._base, self._hands = base, hands
        self._routes: dict[tuple[str, str, int], Route] = {
            ("GET", "faults", 0): lambda rest, body: [asdict(fault) for fault in hands.faults.active],
            ("POST", "faults", 0): lambda rest, body: {"id": hands.fault(**body)},
            ("DELETE", "faults", 0): lambda rest, body: hands.clear_faults(),
            ("DELETE", "faults", 1): lambda rest, body: hands.clear_faults(int(rest[0])),
            ("GET", "machines", 0): lambda rest, body: self._machines(),
            ("POST", "machines", 0): lambda rest, body: {"product": hands.add_machine(**body).product},
            ("POST", "machines", 1): lambda rest, body: hands.set(rest[0], **body),
            ("DELETE", "machines", 1): lambda rest, body: hands.remove(rest[0]),
            ("POST", "tokens", 0): lambda rest, body: hands.mint(**body).told(),
            ("DELETE", "tokens", 1): lambda rest, body: hands.revoke(rest[0]),
            ("GET", "calls", 0): lambda rest, body: self._calls(body),
            ("DELETE", "calls", 0): lambda rest, body: hands.calls.clear(),
        }

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith(self._base + "/"):
            return reply_json(404, {"error": "Not found"})
        name, *rest = request.path[len(self._base) + 1 :].split("/")
        route = self._routes.get((request.method, name, len(rest)))
        if route is None:
            return reply_json(404, {"error": "Not found"})
        try:
            done = route(rest, _fields(request))
            return reply_json(200, {} if done is None else done)
        except LookupError as unknown:
            return reply_json(404, {"error": str(unknown)})
        except (TypeError, ValueError) as bad:
            return reply_json(400, {"error": str(bad)})

    def _machines(self) -> dict[str, Any]:
        """What every machine would say now, whatever faults are on."""
        world = self._hands.world
        return {
            machine.product: {"project": project, "name": machine.name, **machine.status(world.now())}
            for project in world.projects
            for machine in world.machines(project)
        }

    def _calls(self, wanted: dict[str, Any]) -> dict[str, Any]:
        calls = self._hands.calls
        kind, product = wanted.get("kind"), wanted.get("product")
        found = calls.received(kind, product, int(wanted.get("after", 0)))
        return {
            "last": calls.last,
            "count": calls.count(kind, product),
            "calls": [receipt._asdict() for receipt in found],
        }


def _fields(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return {name: values[-1] for name, values in parse_qs(request.query).items()}
    fields = json.loads(request.body or b"{}")
    if not isinstance(fields, dict):
        raise TypeError("The body must be a JSON object.")
    return fields
