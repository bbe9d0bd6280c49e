"""One call that acts: with a grant for it, and what its answer tells of the token. Never in the database."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from vps.access import Acting, Operation
from vps.crypto import SealBroken
from vps.models import Ability, Token
from vps.provider import errors
from vps.provider.client import Client
from vps.services import act_calls
from vps.services.calls import client_for
from vps.services.refusals import note_ability
from vps.services.words import SEAL

Reply = TypeVar("Reply")
ABILITIES = {Operation.POWER: Ability.Operation.POWER, Operation.CONSOLE: Ability.Operation.CONSOLE}


def call(acting: Acting, method: Callable[[Client], Reply]) -> Reply:
    """Calls the provider for a person. Raises ProviderError; a token that does not open counts as refused."""
    try:
        client = client_for(acting.grant)
    except SealBroken as broken:
        raise errors.TokenRefused(SEAL, said=str(broken)) from None
    act_calls.count_calls(acting.grant.token_id)
    try:
        return method(client)
    except errors.RateLimited as limited:
        act_calls.note_refusal(acting.grant, limited.retry_after)
        raise


def learn_ability(acting: Acting, error: errors.ProviderError | None) -> None:
    """Notes that the token may do this, or that it may not (403). Other failures tell nothing about it, and an answer
    to a token that was replaced or forgotten meanwhile tells nothing of any other."""
    operation = ABILITIES.get(acting.grant.operation)
    allowed, said = error is None, error.said if error else ""
    if operation is None or not (allowed or isinstance(error, errors.NotAllowed)):
        return
    if acting.tried is allowed:
        return
    with transaction.atomic():
        token = Token.objects.select_for_update().filter(pk=acting.token.pk, sealed=acting.grant.sealed)
        if token.first():
            note_ability(acting.token.pk, operation, allowed, timezone.now(), said)
