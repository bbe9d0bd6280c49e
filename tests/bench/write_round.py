"""Writing a round of 1000 machines (G7): against the same statements as raw SQL, and against `bulk_update`.

The figures are the simulator's own random walk, so each round changes as many cards as rounds do. The raw parts are
given what the round came to: they compare and draw nothing, make the values fit for the database, and write the same
rows.
"""

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.rows import Row, at_most

MACHINES = 1000
ROUNDS = 7
CHUNK = 500
RAW, UPDATE = 2.5, 0.1


def measure(database_url: str) -> list[Row]:
    from vps.services.readings import write_readings

    scene = Scene()
    scene.write(write_readings)  # the first round makes every card
    spent: dict[str, list[float]] = {"ours": [], "raw": [], "update": []}
    shares = []
    for _round in range(ROUNDS):
        spent["ours"].append(scene.write(write_readings))
        shares.append(scene.changed() / MACHINES)
        spent["raw"].append(scene.write_raw())
        spent["update"].append(scene.update())
    ours, raw, update = (statistics.median(spent[name]) for name in ("ours", "raw", "update"))
    share = f"{100 * statistics.mean(shares):.0f} % changed"
    what = f"writing a round of {MACHINES} machines, against"
    return [
        at_most("G7", f"{what} raw SQL", ours / raw, RAW, note=f"{ms(ours)} against {ms(raw)}, {share}"),
        at_most("G7", f"{what} bulk_update", ours / update, UPDATE, note=f"{ms(ours)} against {ms(update)}"),
    ]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


class Scene:
    """Machines of one token, and a world in which it is ten seconds later at each round."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User

        from tests.rows import give_machine, give_token
        from vps.models import Status
        from vps.simulator.seed import seed_healthy
        from vps.simulator.world import World

        self.now = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
        self.world = World(seed=7, clock=lambda: self.now.timestamp())
        seed_healthy(self.world, MACHINES, 0)
        products = [machine for project in self.world.projects for machine in self.world.machines(project)]
        token = give_token(User.objects.create_user("bench"))
        self.machines = []
        for known in products:
            names = {"project": known.project, "product": known.product}
            self.machines.append((give_machine(token, machine=names), known))
        Status.objects.update(word="", heard_at=None, checked_at=None)
        self.accesses = {machine.pk: machine.accesses.get().pk for machine, _known in self.machines}

    def write(self, deed: Callable[[Sequence[Any]], int]) -> float:
        """CPU seconds of a round."""
        from tests.bench.cpu import spent
        from vps.models import Sample

        readings, before = self.readings(), Sample.objects.count()
        began = spent()
        deed(readings)
        took = spent() - began
        assert Sample.objects.count() == before + MACHINES, "not every reading was written"
        return took

    def readings(self) -> list[Any]:
        from vps.provider.replies import Status as Reply
        from vps.services.readings import Reading

        self.now += timedelta(seconds=10)
        told = self.now.timestamp()
        return [
            Reading(
                machine_id=machine.pk,
                access_id=self.accesses[machine.pk],
                at=self.now + timedelta(milliseconds=place),
                interval=10.0,
                wait=10.0,
                reply=Reply.from_json(known.status(told)),
            )
            for place, (machine, known) in enumerate(self.machines)
        ]

    def changed(self) -> int:
        """How many cards the last round changed."""
        from vps.models import Revision, Status

        newest = Revision.objects.get(id=1).value
        return Status.objects.filter(revision__gt=newest - MACHINES // CHUNK).count()

    def write_raw(self) -> float:
        """The same rows again, a moment later; CPU seconds."""
        from django.db import connection, transaction

        from tests.bench.cpu import spent
        from vps.models import Revision, Sample, Status

        newest = Revision.objects.get(id=1).value
        rows = list(Status.objects.order_by("machine_id"))
        samples = list(Sample.objects.filter(time__gte=self.now).order_by("machine_id"))
        for sample in samples:
            sample.time += timedelta(milliseconds=MACHINES)
        began = spent()
        with connection.cursor() as cursor:
            for start in range(0, MACHINES, CHUNK):
                some = rows[start : start + CHUNK]
                changed = [row for row in some if row.revision > newest - MACHINES // CHUNK]
                statements = Statements(some, changed, samples[start : start + CHUNK])
                with transaction.atomic():
                    statements.run(cursor)
        return spent() - began

    def update(self) -> float:
        from tests.bench.cpu import spent
        from vps.models import Status
        from vps.services.readings import STATUS_FIELDS

        rows = list(Status.objects.order_by("machine_id"))
        began = spent()
        Status.objects.bulk_update(rows, STATUS_FIELDS, batch_size=CHUNK if _is_postgres() else None)
        return spent() - began


class Statements:
    """What a chunk of a round does to the database, with all values at hand."""

    def __init__(self, rows: list[Any], changed: list[Any], samples: list[Any]) -> None:
        moved = {row.pk for row in changed}
        quiet = [row.pk for row in rows if row.pk not in moved]
        self.machines = [row.pk for row in rows]
        self.samples, self.insert = _insert(samples, "ON CONFLICT DO NOTHING", leave_out="id")
        set_all = ", ".join(
            f"{field.column} = EXCLUDED.{field.column}" for field in _fields(rows[0], "machine")
        )
        conflict = f"ON CONFLICT (machine_id) DO UPDATE SET {set_all}"
        self.changed, self.upsert = _insert(changed or rows[:1], conflict)
        self.quiet = quiet

    def run(self, cursor: Any) -> None:
        cursor.execute("UPDATE vps_revision SET value = value + 1 WHERE id = 1")
        cursor.execute(
            "SELECT * FROM vps_status JOIN vps_machine ON vps_machine.id = machine_id"
            f" WHERE machine_id IN ({_places(self.machines)})",
            self.machines,
        )
        cursor.fetchall()
        cursor.executemany(self.insert, self.samples)
        cursor.executemany(self.upsert, self.changed)
        if self.quiet:
            cursor.execute(
                "UPDATE vps_status SET interval = 10.0, checked_at = checked_at, due_at = due_at,"
                f" late_at = late_at, heard_at = heard_at WHERE machine_id IN ({_places(self.quiet)})",
                self.quiet,
            )
        cursor.execute(
            f"UPDATE vps_access SET proved_at = proved_at WHERE machine_id IN ({_places(self.machines)})"
            " AND proved_at IS NULL",
            self.machines,
        )


def _insert(rows: list[Any], ending: str, leave_out: str = "") -> tuple[list[list[Any]], str]:
    from django.db import connection

    fields = _fields(rows[0], leave_out)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows
    ]
    columns = ", ".join(field.column for field in fields)
    table = rows[0]._meta.db_table
    return values, f"INSERT INTO {table} ({columns}) VALUES ({_places(fields)}) {ending}"


def _fields(row: Any, leave_out: str) -> list[Any]:
    return [field for field in row._meta.concrete_fields if field.name != leave_out]


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _is_postgres() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"
