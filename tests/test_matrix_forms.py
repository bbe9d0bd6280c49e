"""Ids inside forms are checked like ids in paths: somebody else's is refused, and nothing is changed or asked for."""

import pytest

from tests.matrix_forms import FOREIGN, NO_IDS, posted_fields
from tests.matrix_kit import BY_NAME, ask
from tests.matrix_spy import Spy, all_rows
from tests.matrix_world import World
from vps.models import BulkItem

pytestmark = pytest.mark.django_db


def test_each_field_that_is_posted_is_known_here() -> None:
    known = NO_IDS | {line.field for line in FOREIGN}
    found = posted_fields()
    new, old = sorted(found - known), sorted(known - found)
    assert not new, (
        f"Do {', '.join(new)} hold ids of rows? Put them into NO_IDS or FOREIGN of tests/matrix_forms.py."
    )
    assert not old, f"Nobody posts {', '.join(old)} any more: take them out of tests/matrix_forms.py."


def test_somebody_elses_id_in_a_form_is_refused_and_changes_nothing(world: World, spy: Spy) -> None:
    wrong, before = [], all_rows()
    for line in FOREIGN:
        seen = ask(world, spy, BY_NAME[line.url], "POST", world.clients[line.person], line.typed(world))
        if (seen.letter, seen.calls, seen.written) != (line.answer, [], set()):
            wrong.append(
                f"{line.url} {line.field} by {line.person}: {seen.letter} {seen.calls} {seen.written}"
            )
    assert not wrong, "\n".join(wrong)
    assert all_rows() == before


def test_of_a_selection_only_ones_own_machines_are_taken(world: World, spy: Spy) -> None:
    rows = world.rows
    typed = {"command": "reboot", "machine": [rows["machine"].pk, rows["stranger_machine"].pk]}
    before = set(BulkItem.objects.values_list("pk", flat=True))
    assert ask(world, spy, BY_NAME["bulk"], "POST", world.clients["owner"], typed).letter == "r"
    assert [item.machine for item in BulkItem.objects.exclude(pk__in=before)] == [rows["machine"]]
