"""One pretend machine: its power, its transitions, and what the provider says of it."""

from dataclasses import dataclass, field
from typing import Any

from vps.simulator import figures

ALREADY_ONLINE = "Error, vps is already online."
ALREADY_OFFLINE = "Error, vps is already offline."
BUSY = "Error, vps is busy with another action."
SECONDS = {"start": 3.0, "stop": 5.0, "reboot": 4.0, "kill": 0.0}


class InvalidState(Exception):
    """The action makes no sense now; the text is the provider's (400)."""


@dataclass(slots=True)
class Machine:
    project: str
    product: str
    name: str
    key: int  # what its figures are made of
    ipv4: str | None
    ipv6: str | None
    booted: float | None  # moment of the last boot; None is switched off
    cpus: int = 1
    memory_total: int = 1024
    maxdisk: int = 25_000_000_000
    username: str = "ubuntu"
    password: str = ""
    login_until: float = 0.0
    said: dict[str, Any] = field(default_factory=dict)  # figures set by hand; they win
    moving: tuple[str, float] | None = None  # (action, when it is done)
    obeys: bool = True  # a guest that ignores a graceful shutdown does not
    cycle: float | None = None  # seconds on, then as many off, by itself
    leaves_after: float | None = None  # seconds after the first status call
    leaves: float | None = None

    def settle(self, now: float) -> None:
        """Bring the machine to where time has taken it."""
        if self.moving and now >= self.moving[1]:
            action, done = self.moving
            self.moving = None
            self.booted = done if action in {"start", "reboot"} else None
        if self.cycle:
            turn = now // self.cycle
            self.booted = turn * self.cycle if turn % 2 == 0 else None

    def act(self, action: str, now: float) -> float:
        """Begin `action`; gives the moment at which it is done. InvalidState if it makes no sense."""
        self.settle(now)
        if (action == "start") == (self.booted is not None):
            raise InvalidState(ALREADY_ONLINE if action == "start" else ALREADY_OFFLINE)
        if self.moving and action != "kill":
            raise InvalidState(BUSY)
        done = now + SECONDS[action]
        if self.obeys or action != "stop":
            self.moving = (action, done)
        self.settle(now)
        return done

    def status(self, now: float) -> dict[str, Any]:
        """The body of a status reply (provider-api.md, Status)."""
        self.settle(now)
        on = self.booted is not None
        used = self.said.get("memory_used", figures.memory(self.key, now, self.memory_total) if on else 0)
        uptime = max(0, int(now - self.booted)) if self.booted is not None else 0
        return {
            "qemu": {"agent": self.said.get("agent", on), "version": self.said.get("version", "7.2.0")},
            "status": self.said.get("status", "running" if on else "stopped"),
            "uptime": f"{uptime}s",
            "cpu": self.said.get("cpu", figures.load(self.key, now) if on else 0.0),
            "cpus": self.cpus,
            "memory": {
                "usedMB": used,
                "total": self.memory_total,
                "percent": round(100 * used / max(1, self.memory_total), 1),
            },
            "disk": self.said.get("disk", figures.disk(self.key, now, self.maxdisk)),
            "maxdisk": self.maxdisk,
        }

    def listed(self, now: float, *, detailed: bool) -> dict[str, Any]:
        """One entry of a project's list (provider-api.md, List)."""
        self.settle(now)
        entry: dict[str, Any] = {"uid": self.product, "type": "vps", "name": self.name}
        if detailed:
            power = self.said.get("listed", "offline" if self.booted is None else "online")
            entry["details"] = {"ipv4": self.ipv4, "ipv6": self.ipv6, "status": power}
        return entry

    def login(self, now: float) -> dict[str, Any] | None:
        """The default login while it is to be had (provider-api.md, Default login)."""
        if now >= self.login_until:
            return None
        return {
            "type": "linux",
            "ipv4": self.ipv4,
            "protocol": "ssh",
            "username": self.username,
            "password": self.password,
        }

    def change(self, fields: dict[str, Any], now: float) -> None:
        """Set anything by hand; a figure set to null wanders again. ValueError for an unknown field."""
        self.settle(now)
        for name, value in fields.items():
            if name == "status" and value in {"running", "stopped"}:
                self._power(on=value == "running", now=now)
            elif name == "uptime":
                self.booted = now - float(value)
            elif name == "login_for":
                self.login_until = now + float(value)
            elif name in {"status", "listed", "agent", "version", "cpu", "memory_used", "disk"}:
                self._say(name, value)
            elif name in _PLAIN:
                setattr(self, name, value)
            else:
                raise ValueError(f"A machine has no field {name!r}.")

    def _power(self, *, on: bool, now: float) -> None:
        self.moving = self.cycle = None
        self._say("status", None)
        if on != (self.booted is not None):
            self.booted = now if on else None

    def _say(self, name: str, value: object) -> None:
        if value is None:
            self.said.pop(name, None)
        else:
            self.said[name] = value


_PLAIN = {
    "name",
    "ipv4",
    "ipv6",
    "cpus",
    "memory_total",
    "maxdisk",
    "username",
    "password",
    "obeys",
    "cycle",
    "leaves_after",
}
