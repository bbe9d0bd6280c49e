"""Every field of every reply, exactly, each with its unit."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.models import Machine, Sample, Status
from vps.services.fields import Field, describe, in_gib

MOST = 2**63 - 1
BOOTED = datetime(2026, 1, 1, tzinfo=UTC)
MACHINE = Machine(project="prj-1", product="vm-1", name="web", ipv4="192.0.2.1", ipv6="2001:db8::1/64")
ROW = Status(
    word="running",
    agent=True,
    version="7.2.0",
    cpus=2,
    memory_total=1024.0,
    maxdisk=25_000_000_000,
    booted_at=BOOTED,
)
SAMPLE = Sample(cpu=15.5, memory_used=512.25, memory_percent=50.1, disk=5_000_000_000, uptime=86_400)


def described(row: Status | None = ROW, sample: Sample | None = SAMPLE) -> dict[str, Field]:
    return {field.key: field for field in describe(MACHINE, row, sample)}


def test_each_field_has_its_exact_value_and_unit() -> None:
    told = {key: (field.value.replace("\u202f", " "), field.unit) for key, field in described().items()}
    assert told == {
        "project": ("prj-1", ""),
        "product": ("vm-1", ""),
        "name": ("web", ""),
        "ipv4": ("192.0.2.1", ""),
        "ipv6": ("2001:db8::1/64", ""),
        "listed": ("", ""),
        "login": ("Not revealed here yet", ""),
        "status": ("running", ""),
        "uptime": ("86 400", "s"),
        "booted": ("", ""),
        "cpu": ("15.5", "%"),
        "cpus": ("2", ""),
        "memory_used": ("512.25", "MB"),
        "memory_total": ("1 024", "MB"),
        "memory_percent": ("50.1", "%"),
        "disk": ("5 000 000 000", "bytes"),
        "maxdisk": ("25 000 000 000", "bytes"),
        "agent": ("Answers", ""),
        "version": ("7.2.0", ""),
    }
    assert described()["booted"].at == BOOTED


def test_ids_and_addresses_are_worth_copying() -> None:
    copied = [key for key, field in described().items() if field.copy]
    assert copied == ["project", "product", "name", "ipv4", "ipv6"]


def test_what_is_not_known_is_empty_and_never_zero() -> None:
    unknown = described(None, None)
    heard = [key for key in list(unknown)[5:] if key != "login"]
    assert {unknown[key].value for key in heard} == {""}
    assert unknown["booted"].at is None


def test_zero_is_zero() -> None:
    assert described(sample=Sample(cpu=0.0, disk=0, uptime=0))["cpu"].value == "0"


@pytest.mark.parametrize(
    ("login", "told"), [("held", "Still told at"), ("gone", "Gone since"), ("", "Clear pressed at")]
)
def test_the_default_login_is_told_with_its_moment(login: str, told: str) -> None:
    machine = Machine(login=login, login_at=BOOTED)
    machine.granted = True  # type: ignore[attr-defined]  # an annotation of the query
    machine.refused_at = None  # type: ignore[attr-defined]
    value = next(field.value for field in describe(machine, None, None) if field.key == "login")
    assert value.startswith(f'{told} <time datetime="2026-01-01')


@pytest.mark.parametrize(("agent", "word"), [(True, "Answers"), (False, "Does not answer"), (None, "")])
def test_the_guest_agent_is_told_in_words(agent: bool | None, word: str) -> None:
    assert described(Status(agent=agent))["agent"].value == word


@given(st.integers(-MOST, MOST))
def test_whole_numbers_are_exact_however_large(number: int) -> None:
    told = described(sample=Sample(disk=number))["disk"].value
    assert int(told.replace("\u202f", "")) == number


@given(st.floats(-float(MOST), float(MOST)))
def test_figures_are_exact_however_odd(number: float) -> None:
    told = described(sample=Sample(cpu=number))["cpu"].value
    assert float(told.replace("\u202f", "")) == number


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0"),
        (5_000, "0"),
        (2**29, "0.5"),
        (25_000_000_000, "23.3"),
        (2**30 * 999.6, "1\u202f000"),
        (2**40, "1\u202f024"),
        (2**50, "1\u202f048\u202f576"),
    ],
)
def test_sizes_are_short_and_without_exponents(size: float, told: str) -> None:
    assert in_gib(size) == told
