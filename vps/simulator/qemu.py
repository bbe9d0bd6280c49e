"""Real machines behind the tickets: one QEMU each, started when first looked at."""

import asyncio
import itertools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from vps.simulator.machines import Machine

BINARY = "qemu-system-x86_64"
PATIENCE = 15.0  # seconds to start, or to answer
HARDWARE = ("-nodefaults", "-vga", "std", "-m", "64", "-accel", "tcg")
# a network card brings the iPXE prompt, which answers keys; nothing leaves the machine
NETWORK = ("-netdev", "user,id=net,restrict=on", "-device", "e1000,netdev=net")


class Qemu:
    """One running process; `vnc` is the path of its VNC socket."""

    def __init__(self, folder: Path, boot: float | None) -> None:
        self.vnc, self._qmp = folder / "vnc", folder / "qmp"
        self.boot = boot  # of the pretend machine, when this one was last (re)started
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        """OSError when there is no QEMU; TimeoutError when it does not come up."""
        self.vnc.parent.mkdir()
        # should we be killed, so is it
        tie = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        vnc, qmp = f"unix:{self.vnc},password=on", f"unix:{self._qmp},server=on,wait=off"
        command = (*tie, BINARY, *HARDWARE, *NETWORK, "-vnc", vnc, "-qmp", qmp)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(PATIENCE):
            while not (self.alive and self.vnc.exists() and self._qmp.exists()):
                if not self.alive:
                    raise OSError(f"{BINARY} ended with code {self._process.returncode}.")
                await asyncio.sleep(0.02)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def command(self, name: str, **arguments: Any) -> None:
        """One QMP command; OSError when QEMU refuses it."""
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(str(self._qmp))
            try:
                await reader.readline()
                for execute, given in (("qmp_capabilities", {}), (name, arguments)):
                    writer.write(json.dumps({"execute": execute, "arguments": given}).encode() + b"\n")
                    await _reply(reader)
            finally:
                writer.close()

    async def end(self) -> None:
        if self.alive:
            self._process.kill()
        await self._process.wait()


async def _reply(reader: asyncio.StreamReader) -> None:
    while line := await reader.readline():
        said = json.loads(line)
        if "error" in said:
            raise OSError(str(said["error"].get("desc")))
        if "return" in said:
            return
    raise OSError("QEMU closed its control socket.")


class Stable:
    """All QEMUs of this simulator, in one temporary folder; `close` ends every one."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vps-qemu-"))
        self._numbers = itertools.count()
        self._running: dict[str, Qemu] = {}
        self._lock = asyncio.Lock()

    async def fetch(self, machine: Machine, password: str) -> Qemu:
        """The machine's QEMU, running, with this VNC password."""
        async with self._lock:
            qemu = self._running.get(machine.product)
            if qemu is None or not qemu.alive:
                qemu = Qemu(self.folder / str(next(self._numbers)), machine.booted)
                await qemu.start()
                self._running[machine.product] = qemu
            await self.follow(machine, qemu)
            await qemu.command("set_password", protocol="vnc", password=password[:8])
            return qemu

    async def follow(self, machine: Machine, qemu: Qemu) -> bool:
        """Do to QEMU what was done to the machine; False when that is off."""
        if machine.booted is None:
            await qemu.end()
            return False
        if qemu.boot != machine.booted:
            qemu.boot = machine.booted
            await qemu.command("system_reset")
        return True

    async def close(self) -> None:
        await asyncio.gather(*(qemu.end() for qemu in self._running.values()))
        shutil.rmtree(self.folder, ignore_errors=True)
