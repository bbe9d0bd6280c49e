"""A second provider, as small as the provider's document allows: written from that document alone, so that what works
with it and with the simulator works with the document. Every machine must be named by hand: listings are refused."""

import json
import re
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

BASE = "/cloud/api/v2"
PATH = re.compile(rf"{BASE}/projects/([^/]+)/products/([^/]+)/vps/(status|control|console|defaultlogin)")
AFTER = {"start": "running", "stop": "stopped", "kill": "stopped", "reboot": "running"}
Answer = tuple[int, dict[str, Any]]


@dataclass
class Machine:
    state: str = "running"
    cpu: float = 12
    memory_used: float = 3072
    up_seconds: int = 7200
    login: bool = True

    def status(self) -> Answer:
        on = self.state == "running"
        memory = {
            "total": 4096,
            "usedMB": self.memory_used,
            "percent": self.memory_used / 40.96,
            "swap": None,
        }
        return 200, {
            "region": {"name": "Malmö", "rack": [7, "b"]},
            "status": self.state,
            "cpus": 2,
            "cpu": self.cpu if on else 0,
            "memory": memory,
            "uptime": f"{self.up_seconds if on else 0}s",
            "qemu": {"version": "9.1.2", "agent": on, "ga": 5},
            "maxdisk": 40_000_000_000,
            "disk": 10_000_000_000,
            "locked": False,
        }

    def control(self, action: object) -> Answer:
        if action not in AFTER:
            return 400, {"error": "unknown action"}
        if (self.state == "running") is (action == "start"):
            return 400, {"error": f"Error, vps is already {'online' if action == 'start' else 'offline'}."}
        self.state = AFTER[str(action)]
        receipt = {"uid": f"job-{secrets.token_hex(3)}", "command": action, "created": _now(), "by": "api"}
        return 202, {"success": True, "action": receipt}

    def console(self) -> Answer:
        return 200, {
            "success": True,
            "ticket": secrets.token_hex(6),
            "secret": secrets.token_hex(4),
            "ttl": 30,
        }

    def defaultlogin(self) -> Answer:
        if not self.login:
            return 400, {"error": "Default password no longer available"}
        told = {"type": "linux", "ipv4": "198.51.100.7", "protocol": "ssh", "port": 22}
        return 200, {**told, "username": "debian", "password": "Granite-41"}

    def clear(self) -> Answer:
        self.login = False
        return 200, {"success": True}


@dataclass
class StandIn:
    """As a context it listens on 127.0.0.1; machines may be set to anything while it does."""

    token: str = field(default_factory=lambda: f"pk.{secrets.token_urlsafe(24)}")
    project: str = field(default_factory=lambda: f"7f3a-{secrets.token_hex(4)}")
    machines: dict[str, Machine] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> "StandIn":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"world": self}))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{BASE}"

    def add(self, **state: Any) -> str:
        """A further machine; returns its id."""
        product = f"{secrets.token_hex(2)}-{secrets.token_hex(3).upper()}_v1"
        self.machines[product] = Machine(**state)
        return product

    def answer(self, method: str, path: str, bearer: str | None, body: bytes) -> Answer:
        if bearer != f"Bearer {self.token}":
            return 401, {"error": "missing or invalid token"}
        found = PATH.fullmatch(path)
        if not found:
            return 403, {"error": "Insufficient permissions to access this resource"}
        project, product, noun = found.groups()
        if project != self.project or product not in self.machines:
            return 404, {"error": "Project not found"}
        machine = self.machines[product]
        if (method, noun) == ("POST", "control"):
            return machine.control(json.loads(body).get("action"))
        if (method, noun) == ("POST", "defaultlogin"):
            return machine.clear()
        if method == "POST" or noun == "control":
            return 400, {"error": "bad request"}
        return getattr(machine, noun)()  # type: ignore[no-any-return]


class _Handler(BaseHTTPRequestHandler):
    """Answers in chunks, and cuts them where it likes: in the middle of a letter, too."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    world: StandIn

    def do_GET(self) -> None:
        self.world.asked.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, told = self.world.answer(self.command, self.path, self.headers.get("Authorization"), body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        text = json.dumps(told, ensure_ascii=False).encode()
        for piece in [*(text[at : at + 29] for at in range(0, len(text), 29)), b""]:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
