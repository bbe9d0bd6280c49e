"""What a call of the provider needs: a Grant. Only this package gives them out."""

from dataclasses import dataclass, field
from enum import StrEnum
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


@dataclass(frozen=True)
class Grant:
    """The right to make one kind of call with one token: for one machine, or for one project (`product` is "").

    `token` is the sealed value, `bound_to` what its seal is bound to. Opening it is the provider service's work.
    """

    operation: Operation
    project: str
    product: str
    token_id: UUID
    sealed: bytes = field(repr=False)
    bound_to: str


def listing_grant(token: Token, project: str) -> Grant:
    """To list a project with a token: for its owner, or for the collector."""
    return make_grant(Operation.LISTING, token, project, "")


def status_grant(token: Token, project: str, product: str) -> Grant:
    """To read a machine with a token: for its owner, or for the collector."""
    return make_grant(Operation.STATUS, token, project, product)


def make_grant(operation: Operation, token: Token, project: str, product: str) -> Grant:
    return Grant(operation, project, product, token.pk, bytes(token.sealed), token.bound_to)
