"""What went wrong in comparable panels, one test each; the reference is in the test's words.

Others of these stand where they belong: tests/test_matrix.py (view-only members could power off, WebVirtCloud #682),
tests/test_matrix_forms.py (foreign ids accepted in a form body, Dokploy CVE-2026-45632), tests/test_past_checks.py
(checks commented out, Coolify CVE-2026-48742), tests/test_past_withdrawals.py (access kept in an open session,
Pterodactyl GHSA-8c39), and tests/test_past_holes_*.py.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.matrix_kit import ALLOWED, BY_NAME, ROWS, URLS, ask, routes
from tests.matrix_spy import Spy, all_rows, undone
from tests.matrix_world import PEOPLE, World
from tests.rows import give_access, give_machine, give_token
from vps.models import Access, Member, Role, Sample, TokenProject
from vps.services import invitations
from vps.services.history import PRUNE_BATCH, tend_history
from vps.services.link_keys import hash_of

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent
NARROW = {"IntConverter", "UUIDConverter", "Id", "Key"}
UPWARDS = ("..", "%2e%2e", "..%2fvm-shared", "vm-shared%2f..", "%00", "vm-shared%0a", "-vm", "ｖｍ", "a" * 65)
# what is wrong with it is so when it is made and when it is changed
WRONG = (
    ("token_add", {"name": "x", "projects": "prj-1", "token": "no token"}),
    ("token_replace", {"token": "no token"}),
    ("token_add", {"name": "x\x07", "projects": "prj-1", "token": "key_0123456789"}),
    ("token_rename", {"name": "x\x07"}),
    ("token_add", {"name": "x", "projects": "../prj-1", "token": "key_0123456789"}),
    ("token_project_add", {"project-project": "../prj-1"}),
    ("token_machine_add", {"machine-project": "prj-1", "machine-machine": "../vm-1"}),
)


def test_no_address_takes_just_anything_and_hands_it_on(world: World, spy: Spy) -> None:
    """Portainer CVE-2026-44848: proxy routes that nobody had listed passed unchecked."""
    found = routes()
    assert {type(each).__name__ for route in found for each in route.pattern.converters.values()} <= NARROW
    assert {type(route.pattern).__name__ for route in found} == {"RoutePattern"}
    at = reverse("machine", kwargs={name: world.ids[name] for name in ("project", "product")})
    for address in (f"{at}vps/status", f"{at}control/", f"{at}start/x", "/projects/prj-1/products", "/api/"):
        for method in ("GET", "POST"):
            answer: Any = world.clients["owner"].generic(method, address)
            assert (answer.status_code, spy.calls) == (404, []), address


def test_a_rule_for_what_is_made_holds_for_what_is_changed(world: World, spy: Spy) -> None:
    """Portainer CVE-2026-44849: a rule was enforced on create, and not on update."""
    before = all_rows()
    for url, typed in WRONG:
        seen = ask(world, spy, BY_NAME[url], "POST", world.clients["owner"], typed)
        assert (seen.letter, seen.calls) == ("o", []), (url, typed)
    assert all_rows() == before


def test_what_the_provider_does_not_answer_to_is_saved_nowhere(world: World, spy: Spy) -> None:
    """The same: a token is tried before it is saved, and before it takes another's place."""
    before = all_rows()
    for url in ("token_add", "token_replace", "token_project_add", "token_machine_add"):
        assert ask(world, spy, BY_NAME[url], "POST", world.clients["owner"]).letter == "a"
    same = {table for table, rows in all_rows().items() if rows == before[table]}
    assert {"vps_token", "vps_tokenproject", "vps_access", "vps_machine"} <= same


def test_an_id_of_somebody_else_is_refused_wherever_in_an_address_it_stands(world: World, spy: Spy) -> None:
    """Dokploy CVE-2026-43917: endpoints forgot the organisation, so ids of another one passed. Whoever may do a thing
    here tries each id of the address in turn with one of somebody else's."""
    wrong, before = [], all_rows()
    for url in URLS:
        for method in ("GET", "POST"):
            row = ROWS.get((url.name, method))
            may = [name for name in reversed(PEOPLE) if row and row.answers[name] in ALLOWED]
            if "team_id" in url.ids:  # an admin of the installation sees every team
                may = [name for name in may if name != "installer"]
            for name in url.ids if may else ():
                person = may[0]
                assert name in world.foreign, (
                    f"Name somebody else's {name} in `foreign` of tests/matrix_world.py."
                )
                usual = world.ids_of.get(url.name, {})
                world.ids_of[url.name] = usual | {name: world.foreign[name]}
                seen = ask(world, spy, url, method, world.clients[person])
                world.ids_of[url.name] = usual
                if seen.letter != "N" or seen.calls or seen.written:
                    wrong.append(f"{method} {url.name} by {person} with another {name}: {seen.letter} {seen}")
    assert not wrong, "\n".join(wrong)
    assert all_rows() == before


@pytest.mark.parametrize("name", ["SECRET_KEY", "TOKEN_KEYS"])
def test_a_secret_has_no_default(name: str) -> None:
    """Dokploy CVE-2026-45631: where no secret was set, one that everybody knows took its place."""
    environment = {"DEBUG": "1", "VPS_API_URL": "https://api.example.org", "SECRET_KEY": "s" * 50}
    environment |= {"TOKEN_KEYS": "dGVzdHMtc2VhbC13aXRoLXRoaXMta2V5LTMyLWJ5dGU="}
    del environment[name]
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert name in done.stderr


def test_what_changes_rows_changes_those_of_one_person(world: World, spy: Spy) -> None:
    """Roxy-WI CVE-2026-45550: an update by name was not filtered by group."""
    machine, mine = world.rows["machine"], world.rows["token"]
    twin = give_token(world.people["stranger"], name=mine.name)
    TokenProject.objects.create(token=twin, project="prj-1", how="listed", checked_at=timezone.now())
    give_access(twin, machine)
    for url in ("token_project_remove", "token_rename", "token_forget"):
        assert ask(world, spy, BY_NAME[url], "POST", world.clients["owner"]).letter == "r"
    twin.refresh_from_db()
    assert twin.name == mine.name
    assert twin.projects.get().project == "prj-1"
    assert Access.objects.get(token=twin).machine == machine


@pytest.mark.parametrize("person", ["stranger", "other_admin", "removed", "installer"])
def test_what_a_board_is_sent_holds_nothing_of_others(person: str, world: World) -> None:
    """Nezha CVE-2026-47124: the live stream was not filtered, so everybody was sent everything."""
    client, machine = world.clients[person], world.rows["machine"]
    said = ""
    polls = ("/cards/", "/cards/?since=0", "/cards/?since=0&q=web", "/cards/?late=1")
    for address in ("/", "/?view=table", *polls):
        answer = client.get(address)
        said += answer.content.decode() + str(answer.headers)
    own = world.rows.get(f"{person}_machine")
    assert own is None or own.name in said
    assert not [told for told in (machine.name, machine.product, machine.ipv4) if told in said]


def test_an_id_leads_nowhere_else(world: World, spy: Spy) -> None:
    """Beszel GHSA-27734: an id with dots and slashes led to other files and addresses."""
    before, token = all_rows(), f"/tokens/{world.ids['token_id']}"
    for up in UPWARDS:
        for address in (
            f"/machines/prj-1/{up}/",
            f"/machines/{up}/vm-shared/start/",
            f"{token}/projects/{up}/remove/",
        ):
            for method in ("get", "post"):
                answer = getattr(world.clients["owner"], method)(address)
                assert answer.status_code == 404, address
    assert (spy.calls, all_rows()) == ([], before)


def test_however_many_rows_are_too_old_they_are_deleted_a_few_at_a_time(db: None) -> None:
    """Pterodactyl Wings CVE-2026-21696: what was too old was deleted by a list of ids, until that was longer than
    SQLite allows; from then on nothing was deleted."""
    machine, most = give_machine(), 0
    times = {
        "sqlite": "datetime('2020-01-01', '+' || i || ' seconds')",
        "postgresql": "timestamptz '2020-01-01' + i * interval '1 second'",
    }

    def count(execute: Any, sql: str, params: Any, *more: Any) -> Any:
        nonlocal most
        most = max(most, len(params or ()))
        return execute(sql, params, *more)

    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250001) "
            "INSERT INTO vps_sample (machine_id, tier, time, up, down, unknown) "
            f"SELECT {machine.pk}, 60, {times[connection.vendor]}, 60, 0, 0 FROM n"
        )
    with connection.execute_wrapper(count):
        assert [tend_history(timezone.now()) for _turn in range(3)] == [True, True, True]
    assert Sample.objects.count() == 250_001 - 3 * PRUNE_BATCH
    assert PRUNE_BATCH <= most < 1000


def test_more_ids_than_a_statement_has_places_for_are_refused(world: World, spy: Spy) -> None:
    """The same, from outside."""
    typed = {"command": "reboot", "machine": range(40_000)}
    assert ask(world, spy, BY_NAME["bulk"], "POST", world.clients["owner"], typed).letter == "B"


def test_nobody_hands_on_more_than_they_have(world: World, spy: Spy) -> None:
    """PegaProx: a delegate granted rights above their own. Only admins give roles, and a link that one made is worth
    no more than they are when it is used."""
    before = all_rows()
    for name in ("viewer", "operator", "owner", "installer"):
        for url in ("team_invite", "member_role"):
            assert ask(world, spy, BY_NAME[url], "POST", world.clients[name], {"role": 3}).letter == "F"
    assert all_rows() == before
    admin, stranger = world.people["admin"], world.people["stranger"]
    for ended in ("demoted", "removed", "disabled"):
        with undone():
            link, _mailed = invitations.invite(admin, world.rows["team"].pk, Role.VIEWER)
            own = Member.objects.filter(person=admin)
            if ended == "demoted":
                own.update(role=Role.OPERATOR)
            elif ended == "removed":
                own.delete()
            else:
                User.objects.filter(pk=admin.pk).update(is_active=False)
            with pytest.raises(invitations.InvitationOver):
                invitations.accept(stranger, hash_of(link.reveal().rstrip("/").rpartition("/")[2]))
            assert not Member.objects.filter(person=stranger).exists()
