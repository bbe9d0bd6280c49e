"""A year of audit lines, written by the database itself: a million of them in a few seconds.

Of a thousand lines 850 are of power buttons, 90 of consoles, 40 of sign-ins, 15 of default logins; the rest is of
teams, of tokens, and of protected machines. Forty people, 500 machines, of which `QUIET` had no line for most of the
year; the first person is the installation admin and sees no machine, the second sees them all, the third the quiet
ones alone and is the one team's admin.
"""

from datetime import timedelta
from typing import Any

PEOPLE, MACHINES, QUIET = 40, 500, 5
EVERY = 30  # seconds between two lines
KIND = """CASE
    WHEN k < 425 THEN 'power.requested' WHEN k < 850 THEN 'power.answered'
    WHEN k < 895 THEN 'console.opened' WHEN k < 940 THEN 'console.closed'
    WHEN k < 975 THEN 'signin.succeeded' WHEN k < 980 THEN 'signin.failed'
    WHEN k < 995 THEN 'login.revealed' WHEN k < 997 THEN 'member.role'
    WHEN k < 999 THEN 'share.opened' WHEN n / 1000 % 10 = 0 THEN 'machine.protected'
    ELSE 'token.added' END"""
FILL = """
INSERT INTO vps_auditevent (at, code, outcome, person_id, person, project, product, machine, token_id, token,
                            token_owner_id, token_owner, team_id, team, detail)
SELECT at, code,
       CASE WHEN code IN ('power.answered', 'console.opened', 'login.revealed')
            THEN CASE WHEN n % 97 = 0 THEN 'failed' ELSE 'succeeded' END ELSE '' END,
       person, 'p' || person,
       CASE WHEN about THEN 'prj-' || (vm % 10) ELSE '' END,
       CASE WHEN about THEN 'vm-' || vm ELSE '' END,
       CASE WHEN about THEN 'web-' || vm ELSE '' END,
       CASE WHEN about THEN {token} END, CASE WHEN about THEN 'All' ELSE '' END,
       CASE WHEN about THEN {owner} END, CASE WHEN about THEN 'p2' ELSE '' END,
       CASE WHEN teams THEN {team} END, CASE WHEN teams THEN 'Ops' ELSE '' END,
       '{{}}'
FROM (SELECT n, {at} AS at, {kind} AS code, {people} + n / 7 * 31 % 40 AS person,
             k < 940 OR k >= 980 AND k < 995 OR k = 999 AND n / 1000 % 10 = 0 AS about, k >= 995 AND k < 999 AS teams,
             CASE WHEN n * 10 < {lines} THEN n / 3 * 17 % {machines}
                            ELSE {spared} + n / 3 * 17 % ({machines} - {spared}) END AS vm
      FROM (SELECT n, n * 919 % 1000 AS k FROM {numbers}) AS counted) AS made
"""
NUMBERS = {
    "postgresql": "generate_series(1, {lines}) AS n",
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {lines}) SELECT n FROM c)",
}
AT = {
    "postgresql": "now() - ({lines} - n) * interval '{every} s'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (({lines} - n) * {every}) || ' seconds')",
}


def fill(lines: int) -> dict[str, Any]:
    """The people, the team, and the lines."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    from vps.models import Access, Machine, Member, Role, Team, Token

    people = User.objects.bulk_create(
        [User(username=f"p{n}", is_superuser=n == 1) for n in range(1, PEOPLE + 1)]
    )
    machines = Machine.objects.bulk_create(
        [Machine(project=f"prj-{n % 10}", product=f"vm-{n}", name=f"web-{n}") for n in range(MACHINES)]
    )
    tokens = []
    for owner, seen in ((people[1], machines), (people[2], machines[:QUIET])):
        token = Token(owner=owner, name="All")
        token.seal("key_that_opens_nothing")
        token.save()
        tokens.append(token)
        now = timezone.now()
        Access.objects.bulk_create(
            [Access(token=token, machine=machine, how="listed", proved_at=now) for machine in seen]
        )
    team = Team.objects.create(name="Ops")
    Member.objects.create(team=team, person=people[2], role=Role.ADMIN)
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor, lines, people[0].pk, tokens[0], team.pk))
        cursor.execute("ANALYZE")
    return {"people": people, "machines": machines, "team": team, "year": timedelta(seconds=EVERY * lines)}


def _statement(vendor: str, lines: int, first: int, token: Any, team: Any) -> str:
    quote = "'{}'::uuid" if vendor == "postgresql" else "'{}'"
    as_text = str if vendor == "postgresql" else lambda uuid: uuid.hex
    return FILL.format(
        numbers=NUMBERS[vendor].format(lines=lines),
        at=AT[vendor].format(lines=lines, every=EVERY),
        kind=KIND,
        lines=lines,
        people=first,
        machines=MACHINES,
        spared=QUIET,
        token=quote.format(as_text(token.pk)),
        owner=token.owner_id,
        team=quote.format(as_text(team)),
    )
