"""Worlds to start from: a healthy one, and a demo in which something is wrong with many machines."""

from typing import Any, NamedTuple

from vps.simulator.faults import Fault, Faults
from vps.simulator.figures import chance
from vps.simulator.machines import Machine
from vps.simulator.tokens import make_token
from vps.simulator.world import World

ROLES = ("web", "db", "cache", "mail", "worker", "build", "proxy", "git", "backup", "metrics", "queue", "dns")
SIZES = ((1, 1024, 25), (2, 4096, 80), (4, 8192, 160), (8, 16384, 320))  # CPUs, MB, GB
RANGES = ("203.0.113", "198.51.100", "192.0.2")  # for documentation only
PER_PROJECT = 4  # projects in a healthy world
LONG_NAME = ("reporting-warehouse-nightly-import-" * 6)[:200]
# one fault each in the demo's first project, from its second machine on
TRAITS: tuple[dict[str, Any], ...] = (
    {"booted": None},
    {"said": {"status": "migrating"}},
    {"fault": {"fault": "status", "code": 500}},
    {"fault": {"fault": "html"}},
    {"leaves_after": 60.0},
    {"name": LONG_NAME},
    {"ipv4": None, "login_until": 0.0},
    {"cycle": 40.0},
    {"obeys": False},
)


class Pick(NamedTuple):
    """A token that a demo should add."""

    name: str
    token: str
    projects: list[str]
    hand: str | None  # the machine to enter by hand where the listing is refused

    def told(self) -> dict[str, Any]:
        return self._asdict()


def seed_healthy(world: World, machines: int, allowance: int) -> None:
    """`machines` in four projects, most of them running; three tokens of different rights."""
    projects = [world.add_project() for _ in range(PER_PROJECT)]
    for number in range(machines):
        add_machine(world, projects[number % PER_PROJECT], number)
    world.add_token(make_token("operator", projects, allowance=allowance))
    world.add_token(make_token("reader", projects, permissions=["READ_VPS"], allowance=allowance))
    world.add_token(make_token("by hand", projects, listing=False, allowance=allowance))


def seed_demo(world: World, faults: Faults, machines: int, allowance: int) -> list[Pick]:
    """A world that shows every state a card can be in; needs at least 4 machines."""
    shop, office, lab, old, busy = (world.add_project() for _ in range(5))
    rest = max(0, machines - 3)
    in_shop = (rest * 3 + 2) // 5
    for number in range(rest):
        place = number if number < in_shop else -1
        trait = TRAITS[place - 1] if 1 <= place <= len(TRAITS) else {}
        _add_with_trait(world, faults, shop if place >= 0 else office, number, trait)
    if rest > in_shop + 1:
        hanging = list(world.projects[office])[-1]
        faults.add(Fault("hang", product=hanging, kind="status"))
    lone = [add_machine(world, project, rest + n, on=True) for n, project in enumerate((lab, old, busy))]
    team = make_token("Shop and office", [shop, office], allowance=allowance)
    hand = make_token("Lab", [lab], listing=False, allowance=allowance)
    gone = make_token("Old key", [old], allowance=allowance)
    slow = make_token("Busy key", [busy], allowance=allowance)
    # both work when they are added, and fail soon after
    faults.add(Fault("status", code=401, token=gone.token, skip=4))
    faults.add(Fault("status", code=429, token=slow.token, kind="status", skip=4, seconds=20))
    picks = []
    for token in map(world.add_token, (team, hand, gone, slow)):
        enter = None if token.listing else lone[0].product
        picks.append(Pick(token.name, token.token, token.projects, enter))
    return picks


def add_machine(world: World, project: str, number: int, on: bool | None = None, **fields: Any) -> Machine:
    """The `number`th machine of a world; one in eight is off unless `on` says."""
    now, key = world.now(), (world.seed << 20) + number * 16
    if on is None:
        on = chance(key + 8) > 0.125
    cpus, memory, disk = SIZES[int(chance(key + 9) * len(SIZES))]
    usual: dict[str, Any] = {
        "name": f"{ROLES[number % len(ROLES)]}-{number // len(ROLES) + 1:02d}",
        "key": key,
        "booted": now - 600 - chance(key + 10) ** 4 * 90 * 86400 if on else None,
        "ipv4": f"{RANGES[number // 253 % len(RANGES)]}.{number % 253 + 1}",
        "ipv6": f"2001:db8:{number % 7:x}::{number + 16:x}/64",
        "cpus": cpus,
        "memory_total": memory,
        "maxdisk": disk * 10**9,
        "login_until": now + 1800 if number % 3 == 0 else 0.0,
    }
    return world.add_machine(project, **(usual | fields))


def _add_with_trait(world: World, faults: Faults, project: str, number: int, trait: dict[str, Any]) -> None:
    fields = {name: value for name, value in trait.items() if name != "fault"}
    if "said" in fields:
        fields["said"] = dict(fields["said"])
    machine = add_machine(world, project, number, on=True, **fields)
    if "fault" in trait:
        faults.add(Fault(product=machine.product, kind="status", **trait["fault"]))
