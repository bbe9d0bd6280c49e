"""What a call of the provider needs: a Grant, to read or to act. Only this package gives them out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from vps.models import Token


class Operation(StrEnum):
    """The calls of the provider's API that a grant may be for."""

    STATUS = "status"
    LISTING = "listing"
    POWER = "power"
    CONSOLE = "console"
    LOGIN = "login"
    CLEAR_LOGIN = "clear_login"


READING = frozenset({Operation.STATUS, Operation.LISTING})


@dataclass(frozen=True)
class Grant:
    """The right to make one kind of call with one token: for one machine, or for one project (`product` is "").

    `sealed` is the token, `bound_to` what its seal is bound to. Opening it is the provider service's work, which wants
    a ReadGrant or an ActGrant: whoever only has the one can not build a call of the other kind.
    """

    allowed: ClassVar[frozenset[Operation]] = frozenset()

    operation: Operation
    project: str
    product: str
    token_id: UUID
    sealed: bytes = field(repr=False)
    bound_to: str

    def __post_init__(self) -> None:
        if self.operation not in self.allowed:
            raise TypeError(f"no {type(self).__name__} is for {self.operation}")


class ReadGrant(Grant):
    """To read one machine's status or to list one project: all that the collector ever gets."""

    allowed = READING


class ActGrant(Grant):
    """To do something to one machine, or to be told what lets one in. For a person's own act."""

    allowed = frozenset(Operation) - READING


def listing_grant(token: Token, project: str) -> ReadGrant:
    """To list a project with a token: for its owner, or for the collector."""
    return ReadGrant(Operation.LISTING, project, "", token.pk, bytes(token.sealed), token.bound_to)


def status_grant(token: Token, project: str, product: str) -> ReadGrant:
    """To read a machine with a token: for its owner, or for the collector."""
    return ReadGrant(Operation.STATUS, project, product, token.pk, bytes(token.sealed), token.bound_to)


def make_grant(operation: Operation, token: Token, project: str, product: str) -> ActGrant:
    """To act with a token: for whom `get_acting` lets."""
    return ActGrant(operation, project, product, token.pk, bytes(token.sealed), token.bound_to)
