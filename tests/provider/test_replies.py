"""Replies: what fits is read, what does not is BadReply, and nothing else ever comes out."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vps.provider.errors import BadReply
from vps.provider.replies import ActionReceipt, ConsoleTicket, DefaultLogin, Listing, Status, read_cleared

READERS: list[Callable[[object], object]] = [
    Status.from_json,
    Listing.from_json,
    ConsoleTicket.from_json,
    DefaultLogin.from_json,
    ActionReceipt.from_json,
    read_cleared,
]

STATUS: dict[str, Any] = {
    "qemu": {"agent": True, "version": "7.2.0"},
    "status": "running",
    "uptime": "86400s",
    "cpu": 15.5,
    "cpus": 1,
    "memory": {"usedMB": 512, "total": 1024, "percent": 50.0},
    "disk": 5000000000,
    "maxdisk": 25000000000,
}
LOGIN = {"type": "linux", "ipv4": "192.0.2.1", "protocol": "ssh", "username": "ubuntu", "password": "pass"}
TICKET = {"success": True, "ticket": "t", "secret": "s"}
ACTION = {"uid": "a_1", "command": "start", "created": "2025-01-15T10:30:00Z", "finished": None}
RECEIPT = {"success": True, "action": ACTION}
ENTRY = {"uid": "vm_1", "type": "vps", "name": "web", "details": {"ipv4": "192.0.2.1", "status": "online"}}

NO_NUMBERS: list[Any] = [
    None,
    True,
    "5",
    [],
    {},
    float("nan"),
    float("inf"),
    -float("inf"),
    1e300,
    2**70,
    -(2**70),
    10**400,
]
NO_WORDS: list[Any] = [None, True, 5, 1.5, [], {}, "", " \t "]


def with_field(source: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(source))
    *way, last = path.split(".")
    inner = changed
    for step in way:
        inner = inner[step]
    inner[last] = value
    return changed


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "path", ["cpu", "cpus", "disk", "maxdisk", "memory.usedMB", "memory.total", "memory.percent"]
)
def test_what_is_no_figure_is_a_bad_reply(path: str, value: object) -> None:
    with pytest.raises(BadReply):
        Status.from_json(with_field(STATUS, path, value))


@pytest.mark.parametrize("value", NO_WORDS, ids=repr)
@pytest.mark.parametrize(
    ("reader", "source", "path"),
    [
        (Status.from_json, STATUS, "status"),
        (Status.from_json, STATUS, "qemu.version"),
        (Status.from_json, STATUS, "uptime"),
        (ActionReceipt.from_json, RECEIPT, "action.uid"),
        (ActionReceipt.from_json, RECEIPT, "action.command"),
        (ActionReceipt.from_json, RECEIPT, "action.created"),
        *[(DefaultLogin.from_json, LOGIN, name) for name in ("type", "ipv4", "protocol", "username")],
    ],
)
def test_what_is_no_word_is_a_bad_reply(
    reader: Callable[[object], object], source: dict[str, Any], path: str, value: object
) -> None:
    reader(source)
    with pytest.raises(BadReply) as error:
        reader(with_field(source, path, value))
    assert error.value.reason == path.split(".")[-1]


@pytest.mark.parametrize(
    "value", [None, True, 5, [], {}, "", "a\0", "a\ud800", "a\nb", "x" * 4097], ids=ascii
)
@pytest.mark.parametrize(
    ("reader", "source", "path"),
    [
        (ConsoleTicket.from_json, TICKET, "ticket"),
        (ConsoleTicket.from_json, TICKET, "secret"),
        (DefaultLogin.from_json, LOGIN, "password"),
    ],
)
def test_what_is_no_secret_is_a_bad_reply(
    reader: Callable[[object], object], source: dict[str, Any], path: str, value: object
) -> None:
    reader(source)
    with pytest.raises(BadReply):
        reader(with_field(source, path, value))


@pytest.mark.parametrize(
    "value", [86400, "86400", "-1s", "1.5s", "s", "1 s", "1s\n", "9" * 11 + "s", "\u0661s"]
)
def test_an_uptime_is_seconds_with_an_s(value: object) -> None:
    with pytest.raises(BadReply):
        Status.from_json(with_field(STATUS, "uptime", value))


@pytest.mark.parametrize(
    "path", ["qemu", "memory", "qemu.agent", "qemu.version", "memory.total", "cpu", "uptime"]
)
def test_a_missing_field_is_a_bad_reply(path: str) -> None:
    source = with_field(STATUS, path, None)
    *way, last = path.split(".")
    del (source[way[0]] if way else source)[last]
    with pytest.raises(BadReply):
        Status.from_json(source)


def test_a_whole_number_may_be_written_with_an_exponent_but_not_with_a_fraction() -> None:
    assert Status.from_json(with_field(STATUS, "disk", 5e9)).disk == 5_000_000_000
    assert Status.from_json(with_field(STATUS, "disk", 2.0**63 - 1024)).disk < 2**63
    assert Status.from_json(with_field(STATUS, "disk", 2**63 - 1)).disk == 2**63 - 1
    with pytest.raises(BadReply):
        Status.from_json(with_field(STATUS, "cpus", 1.5))


def test_unknown_words_are_kept_and_unfit_characters_replaced() -> None:
    assert Status.from_json(with_field(STATUS, "status", "meditating")).status == "meditating"
    assert (
        Status.from_json(with_field(STATUS, "status", " a\0b\ud800c\td\u202e ")).status
        == "a\ufffdb\ufffdc d\ufffd"
    )
    assert Status.from_json(with_field(STATUS, "status", "\u00e4" * 1000)).status == "\u00e4" * 64


@pytest.mark.parametrize(
    "bad",
    [
        *[None, 5, "vm_2", [], {}, {"type": "vps"}, {"uid": "vm_2", "name": "x"}],
        *[{**ENTRY, "uid": "../x"}, {**ENTRY, "uid": 5}, {**ENTRY, "uid": ""}, {**ENTRY, "type": None}],
    ],
    ids=repr,
)
def test_one_bad_entry_of_a_listing_hides_no_other(bad: object) -> None:
    listing = Listing.from_json([bad, ENTRY, {**ENTRY, "uid": "vm_3"}])
    assert [machine.uid for machine in listing.machines] == ["vm_1", "vm_3"]
    assert (listing.products, listing.skipped) == (3, 1)


def test_only_machines_are_listed_and_each_of_them_once() -> None:
    listing = Listing.from_json(
        [{"uid": "d_1", "type": "domain", "name": None}, ENTRY, {**ENTRY, "name": "other"}]
    )
    assert [machine.name for machine in listing.machines] == ["web"]
    assert (listing.products, listing.skipped) == (3, 1)


def test_a_machine_without_details_is_listed_without_them() -> None:
    listing = Listing.from_json([{"uid": "vm_1", "type": "vps", "name": "web"}])
    assert (listing.machines[0].ipv4, listing.machines[0].status) == (None, None)


@pytest.mark.parametrize("name", [*NO_WORDS, "absent"], ids=repr)
def test_a_machine_without_a_readable_name_is_listed_all_the_same(name: object) -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "name"}
    listing = Listing.from_json([entry if name == "absent" else {**entry, "name": name}])
    assert [(machine.uid, machine.name) for machine in listing.machines] == [("vm_1", "")]
    assert listing.skipped == 0


@pytest.mark.parametrize("details", [None, [], "none", 5], ids=repr)
def test_a_machine_with_unreadable_details_is_listed_without_them(details: object) -> None:
    (machine,) = Listing.from_json([{**ENTRY, "details": details}]).machines
    assert (machine.name, machine.ipv4, machine.ipv6, machine.status) == ("web", None, None, None)


@pytest.mark.parametrize("value", NO_WORDS, ids=repr)
@pytest.mark.parametrize("field", ["ipv4", "ipv6", "status"])
def test_an_unreadable_detail_hides_neither_its_machine_nor_the_other_details(
    field: str, value: object
) -> None:
    whole = {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "status": "online"}
    (machine,) = Listing.from_json([{**ENTRY, "details": {**whole, field: value}}]).machines
    told = {"ipv4": machine.ipv4, "ipv6": machine.ipv6, "status": machine.status}
    assert told == {**whole, field: None}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
PATHS = [
    "qemu",
    "qemu.agent",
    "status",
    "uptime",
    "cpu",
    "cpus",
    "memory",
    "memory.total",
    "disk",
    "name",
    "type",
]


def comes_out_of(reader: Callable[[object], object], value: object) -> None:
    """A reply that can be stored, or BadReply; anything else fails the test."""
    with suppress(BadReply):
        reply = reader(value)
        fields = asdict(reply) if is_dataclass(reply) and not isinstance(reply, type) else {}
        json.dumps(fields, ensure_ascii=False, allow_nan=False, default=str).encode()
        assert all(abs(each) < 2**63 for each in fields.values() if isinstance(each, int))


@given(anything)
def test_any_json_is_a_reply_or_a_bad_reply(value: object) -> None:
    for reader in READERS:
        comes_out_of(reader, value)


@given(st.sampled_from(PATHS), anything)
def test_a_reply_with_one_field_gone_wild_is_a_reply_or_a_bad_reply(path: str, value: object) -> None:
    source = with_field(STATUS, path, value)
    comes_out_of(Status.from_json, source)
    comes_out_of(Listing.from_json, [{**ENTRY, path: value}, value])
    comes_out_of(ActionReceipt.from_json, {"success": True, "action": {**ACTION, "created": value}})
    comes_out_of(ConsoleTicket.from_json, {**TICKET, "ticket": value})
    comes_out_of(DefaultLogin.from_json, {**LOGIN, "password": value})
