"""The provider's replies as frozen data. Unknown fields are ignored; a missing or unfit one is BadReply."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vps.provider.addresses import is_id
from vps.provider.errors import BadReply
from vps.provider.fields import mapping, number, secret, truth, whole, words, words_if_any, words_or_none
from vps.provider.secret import Secret
from vps.provider.text import WORD

_UPTIME = re.compile(r"([0-9]{1,10})s")  # ten digits: some 300 years, so that a date minus it is still a date


@dataclass(frozen=True, slots=True)
class Status:
    """How one machine is ("Status")."""

    agent: bool
    version: str
    status: str  # the provider's word as it came, known to us or not
    uptime: int  # seconds
    cpu: float  # percent
    cpus: int
    memory_used: float  # MB
    memory_total: float  # MB
    memory_percent: float
    disk: int  # bytes
    maxdisk: int  # bytes

    @classmethod
    def from_json(cls, value: object) -> "Status":
        source = mapping(value, "reply")
        qemu = mapping(source.get("qemu"), "qemu")
        memory = mapping(source.get("memory"), "memory")
        return cls(
            agent=truth(qemu, "agent"),
            version=words(qemu, "version", WORD),
            status=words(source, "status", WORD),
            uptime=_uptime(source),
            cpu=number(source, "cpu"),
            cpus=whole(source, "cpus"),
            memory_used=number(memory, "usedMB"),
            memory_total=number(memory, "total"),
            memory_percent=number(memory, "percent"),
            disk=whole(source, "disk"),
            maxdisk=whole(source, "maxdisk"),
        )


def _uptime(source: Mapping[str, object]) -> int:
    value = source.get("uptime")
    match = _UPTIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadReply("uptime")
    return int(match[1])


@dataclass(frozen=True, slots=True)
class Listed:
    """One machine as the listing of its project tells it ("List"). Only uid and type decide whether it is one: the
    rest is "" or None where it cannot be read."""

    uid: str
    type: str
    name: str
    ipv4: str | None
    ipv6: str | None
    status: str | None  # another vocabulary than Status.status: online, offline, …

    @classmethod
    def from_json(cls, value: object) -> "Listed":
        source = mapping(value, "entry")
        uid = source.get("uid")
        if not isinstance(uid, str) or not is_id(uid):
            raise BadReply("uid")
        details = source.get("details")
        known: Mapping[str, object] = details if isinstance(details, dict) else {}
        return cls(
            uid=uid,
            type=words(source, "type", WORD),
            name=words_if_any(source, "name"),
            ipv4=words_if_any(known, "ipv4", WORD) or None,
            ipv6=words_if_any(known, "ipv6", WORD) or None,
            status=words_if_any(known, "status", WORD) or None,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """The machines of a project ("List")."""

    machines: tuple[Listed, ...]  # of type `vps` only, each uid once
    products: int  # entries of every type, readable or not
    skipped: int  # entries that could not be read, or whose uid was there already

    @classmethod
    def from_json(cls, value: object) -> "Listing":
        if not isinstance(value, list):
            raise BadReply("reply")
        machines: dict[str, Listed] = {}
        skipped = 0
        for entry in value:
            if isinstance(entry, dict) and isinstance(entry.get("type"), str) and entry["type"] != "vps":
                continue
            listed = _listed_or_none(entry)
            if listed is None or machines.setdefault(listed.uid, listed) is not listed:
                skipped += 1
        return cls(machines=tuple(machines.values()), products=len(value), skipped=skipped)


def _listed_or_none(entry: object) -> Listed | None:
    """One bad entry must not hide the good ones."""
    try:
        return Listed.from_json(entry)
    except BadReply:
        return None


@dataclass(frozen=True, slots=True)
class ConsoleTicket:
    """The way into one machine's console, for one connection and a short time ("Console")."""

    ticket: Secret
    secret: Secret  # the VNC password

    @classmethod
    def from_json(cls, value: object) -> "ConsoleTicket":
        source = _confirmed(value)
        return cls(ticket=secret(source, "ticket"), secret=secret(source, "secret"))


@dataclass(frozen=True, slots=True)
class DefaultLogin:
    """What a new machine was born with ("Default login")."""

    type: str
    ipv4: str
    protocol: str
    username: str
    password: Secret

    @classmethod
    def from_json(cls, value: object) -> "DefaultLogin":
        source = mapping(value, "reply")
        return cls(
            type=words(source, "type", WORD),
            ipv4=words(source, "ipv4", WORD),
            protocol=words(source, "protocol", WORD),
            username=words(source, "username"),
            password=secret(source, "password"),
        )


@dataclass(frozen=True, slots=True)
class ActionReceipt:
    """The provider accepted a power action ("Power"); what then becomes of it is not in here."""

    uid: str
    command: str
    created: str  # as it came
    finished: str | None  # null or absent for as long as the provider likes

    @classmethod
    def from_json(cls, value: object) -> "ActionReceipt":
        action = mapping(_confirmed(value).get("action"), "action")
        return cls(
            uid=words(action, "uid"),
            command=words(action, "command", WORD),
            created=words(action, "created", WORD),
            finished=words_or_none(action, "finished", WORD),
        )


def read_cleared(value: object) -> None:
    """The reply to "Clear default login" holds nothing but its success."""
    _confirmed(value)


def _confirmed(value: object) -> Mapping[str, object]:
    source = mapping(value, "reply")
    if source.get("success") is not True:
        raise BadReply("success")
    return source
