"""What went wrong with the trails of comparable panels, and does not here."""

import logging
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.audit_kit import table, write
from tests.rows import give_machine, give_team, give_token
from vps.models import Code

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(person: Callable[..., User]) -> User:
    return person("ben")


def test_anyones_audit_trail_readable_roxy_wi_45563(anna: User, ben: User, signed_in: Client) -> None:
    token, team = give_token(ben), give_team("Bakery", admin=ben)
    machine = give_machine(token, machine={"name": "hidden-01", "project": "prj-9", "product": "vm-9"})
    write(Code.POWER_REQUESTED, person=ben, machine=machine, token=token, command="stop")
    write(Code.MEMBER_ROLE, person=ben, team=team, who="cleo", role="admin")
    write(Code.SIGNED_IN, person=ben, address="192.0.2.7")
    asked = ("", "person=ben", "machine=prj-9/vm-9", "kind=member.role", "kind=signin", f"person={ben.pk}")
    for filters in asked:
        page = signed_in.get(f"/audit/?{filters}").content.decode()
        assert not any(word in page for word in ("hidden-01", "Bakery", "cleo", "192.0.2.7", "<tbody>"))
        assert len(table(signed_in.get(f"/audit/lines.csv?{filters}"))) == 1
    page = signed_in.get(f"/audit/?team={team.pk}").content.decode()
    assert "Choose one of these." in page


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x1b[31m", "\x00", "\u2028", "\x85"])
def test_log_injection_by_path_django_2025_48432(
    sign: str, signed_in: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for path in (f"/nothing{sign}INFO GET '/' 200", f"/wall/{sign}INFO/", f"/machines/{sign}/vm-1/start/"):
        signed_in.get(path)
        signed_in.post(path)
    lines = [record.getMessage() for record in caplog.records]
    assert any("nothing" in line for line in lines)
    assert all(line.isprintable() for line in lines)
