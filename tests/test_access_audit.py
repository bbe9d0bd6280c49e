"""Who may read which audit line: each rule of product.md, and who it refuses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.audit_kit import write
from tests.rows import give_access, give_machine, give_share, give_team, give_token
from vps.access import Place, Wanted, newest, newest_events, visible_events
from vps.models import Access, AuditEvent, Code, Member, Share

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return person("ben")


@pytest.fixture
def cleo(person: Callable[..., User]) -> User:
    return person("cleo")


def may_read(user: User, line: AuditEvent) -> bool:
    """By the one query that says it all, and by the quick one."""
    slowly = visible_events(user).filter(pk=line.pk).exists()
    quickly = line in newest_events(user, Wanted(), 50)
    assert slowly == quickly == (line in newest_events(user, Wanted(), 1000))
    return slowly


def test_ones_own_lines_are_for_oneself_alone(anna: User, ben: User) -> None:
    line = write(Code.SIGNED_IN, person=anna)
    assert may_read(anna, line)
    assert not may_read(ben, line)


def test_a_machines_lines_are_for_those_who_see_the_machine(anna: User, ben: User) -> None:
    machine, other = give_machine(give_token(anna)), give_machine(give_token(ben))
    about, elsewhere = (write(Code.POWER_REQUESTED, machine=one) for one in (machine, other))
    assert (may_read(anna, about), may_read(anna, elsewhere)) == (True, False)
    assert (may_read(ben, about), may_read(ben, elsewhere)) == (False, True)


def test_a_machines_lines_are_for_the_team_it_is_shared_with_until_the_share_is_withdrawn(
    anna: User, ben: User, cleo: User
) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    team = give_team("Shop", admin=anna, viewer=ben)
    give_share(token, team, machine.project)
    line = write(Code.CONSOLE_OPENED, person=anna, machine=machine, token=token, outcome="succeeded")
    assert may_read(ben, line)
    assert not may_read(cleo, line)
    Share.objects.all().delete()
    assert not may_read(ben, line)


def test_who_is_no_longer_a_member_reads_no_line_of_the_machine(anna: User, ben: User) -> None:
    token = give_token(anna)
    team = give_team("Shop", admin=anna, operator=ben)
    give_share(token, team, give_machine(token).project)
    line = write(Code.POWER_REQUESTED, machine=give_machine(token))
    assert may_read(ben, line)
    Member.objects.filter(person=ben).delete()
    assert not may_read(ben, line)


def test_with_a_refused_token_one_reads_what_happened_up_to_then(anna: User) -> None:
    refused_at = timezone.now() - timedelta(hours=1)
    machine = give_machine(give_token(anna, refused_at=refused_at))
    before = write(Code.LOGIN_REVEALED, refused_at - timedelta(minutes=1), machine=machine)
    after = write(Code.LOGIN_REVEALED, refused_at + timedelta(minutes=1), machine=machine)
    assert may_read(anna, before)
    assert not may_read(anna, after)


def test_a_refused_access_is_no_matter_while_another_token_reads_the_machine(anna: User) -> None:
    machine = give_machine(give_token(anna), access={"refused_at": timezone.now() - timedelta(hours=1)})
    line = write(Code.POWER_REQUESTED, machine=machine)
    assert not may_read(anna, line)
    give_access(give_token(anna), machine)
    assert may_read(anna, line)


def test_what_a_person_or_a_team_did_is_no_line_of_a_machine(anna: User, ben: User) -> None:
    machine = give_machine(give_token(anna))
    assert not may_read(anna, write(Code.TOKEN_ADDED, person=ben, machine=machine))
    assert not may_read(anna, write(Code.SHARE_OPENED, person=ben, machine=machine))


@pytest.mark.parametrize("role", ["viewer", "operator", ""])
@pytest.mark.parametrize("code", [Code.MEMBER_ROLE, Code.INVITATION_MADE, Code.SHARE_OPENED, Code.WALL_MADE])
def test_a_teams_lines_are_for_its_admins(anna: User, ben: User, code: Code, role: str) -> None:
    team = give_team("Shop", admin=anna, **({role: ben} if role else {}))
    give_team("Bakery", admin=ben)
    line = write(code, team=team)
    assert may_read(anna, line)
    assert not may_read(ben, line)


def test_who_was_an_admin_reads_the_teams_lines_no_more(anna: User, ben: User) -> None:
    team = give_team("Shop", admin=[anna, ben])
    line = write(Code.MEMBER_REMOVED, team=team)
    assert may_read(ben, line)
    Member.objects.filter(person=ben).update(role=2)
    assert not may_read(ben, line)


def test_a_tokens_lines_are_for_its_owner(anna: User, ben: User) -> None:
    token = give_token(anna)
    team = give_team("Shop", viewer=anna, operator=ben)
    give_share(token, team, "prj-1")
    added, shared = (write(code, token=token) for code in (Code.TOKEN_REPLACED, Code.SHARE_OPENED))
    assert (may_read(anna, added), may_read(anna, shared)) == (True, True)
    assert (may_read(ben, added), may_read(ben, shared)) == (False, False)


def test_the_owner_reads_what_was_done_with_their_token_when_the_machine_is_off_their_board(
    anna: User, ben: User
) -> None:
    token = give_token(anna)
    machine = give_machine(token)
    line = write(Code.POWER_REQUESTED, person=ben, machine=machine, token=token)
    Access.objects.all().delete()
    assert may_read(anna, line)


@pytest.mark.parametrize(
    "code", [Code.PERSON_DISABLED, Code.SIGNIN_FAILED, Code.PERSON_ADMIN, Code.FACTOR_REMOVED]
)
def test_people_and_sign_ins_are_for_the_installation_admin(
    anna: User, ben: User, person: Callable[..., User], code: Code
) -> None:
    give_team("Shop", admin=[anna, ben])
    line = write(code, person=ben)
    assert may_read(person("root", is_superuser=True), line)
    assert not may_read(anna, line)


@pytest.mark.parametrize(
    "code", [Code.POWER_REQUESTED, Code.TOKEN_ADDED, Code.MEMBER_ROLE, Code.LOGIN_REVEALED]
)
def test_the_installation_admin_reads_nothing_else_by_that_alone(
    anna: User, person: Callable[..., User], code: Code
) -> None:
    token = give_token(anna)
    line = write(
        code, person=anna, machine=give_machine(token), token=token, team=give_team("Shop", admin=anna)
    )
    assert may_read(anna, line)
    assert not may_read(person("root", is_superuser=True), line)


def test_asking_for_others_lines_by_name_machine_or_team_gives_none(anna: User, ben: User) -> None:
    token = give_token(ben)
    machine, team = give_machine(token), give_team("Shop", admin=ben)
    write(Code.POWER_REQUESTED, person=ben, machine=machine, token=token)
    write(Code.MEMBER_ROLE, person=ben, team=team)
    for wanted in (
        Wanted(person="ben"),
        Wanted(machine=(machine.project, machine.product)),
        Wanted(team=team.pk),
        Wanted(codes=frozenset({"power.requested", "member.role"})),
    ):
        assert newest_events(anna, wanted, 50) == []
        assert newest_events(ben, wanted, 50)


def test_pages_follow_each_other_without_a_gap_and_without_doubles_in_both_directions(anna: User) -> None:
    now, token = timezone.now(), give_token(anna)
    machines = [give_machine(token) for _number in range(4)]
    for number in range(23):  # pairs of the same moment
        write(Code.POWER_REQUESTED, now - timedelta(minutes=number // 2), machine=machines[number % 4])
    every = [line.pk for line in newest_events(anna, Wanted(), 50)]
    assert len(set(every)) == 23
    down, place = [], None
    while rows := newest_events(anna, Wanted(), 5, before=place):
        down += rows
        place = Place(rows[-1].at, rows[-1].pk)
    assert [line.pk for line in down] == every
    up, place = [down[-1]], Place(down[-1].at, down[-1].pk)
    while rows := newest_events(anna, Wanted(), 5, after=place):
        up = [*rows, *up]
        place = Place(rows[0].at, rows[0].pk)
    assert [line.pk for line in up] == every


def test_each_way_of_finding_them_finds_the_same(
    anna: User, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, now = give_token(anna), timezone.now()
    machines = [give_machine(token) for _number in range(5)]
    codes = [Code.POWER_REQUESTED, Code.POWER_ANSWERED, Code.MACHINE_PROTECTED, Code.SIGNED_IN]
    for number in range(40):
        fields = {"outcome": "failed"} if number % 7 == 0 else {}
        who = {"person": anna} if number % 3 == 0 else {}
        code, machine = codes[number % 4], machines[number * number % 5]
        write(code, now - timedelta(minutes=number), machine=machine, **fields, **who)
    asked = [
        Wanted(),
        Wanted(person="anna"),
        Wanted(outcome="failed"),
        Wanted(codes=frozenset({"power.requested"})),
        Wanted(since=now - timedelta(minutes=25), until=now - timedelta(minutes=4)),
        Wanted(machine=(machines[0].project, machines[0].product)),
        Wanted(codes=frozenset()),
    ]
    for wanted in asked:
        right = list(visible_events(anna).filter(wanted.condition()).order_by("-at", "-pk")[:12])
        assert newest_events(anna, wanted, 12) == right
        with monkeypatch.context() as patch:
            patch.setattr(newest, "MANY", 2)
            assert newest_events(anna, wanted, 12) == right
            patch.setattr(newest, "MOST_BY_MACHINE", 0)
            assert newest_events(anna, wanted, 12) == right
