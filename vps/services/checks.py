"""One call of the collector: what it asks, and what came back. Runs in a worker thread and never in the database."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from vps.access import Grant, Operation
from vps.crypto import SealBroken
from vps.provider import errors
from vps.provider.rates import Rate
from vps.provider.replies import Listing, Status
from vps.services.calls import client_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What one call brought: a reply or an error, when, and what its headers told of the rate limit."""

    at: datetime
    rate: Rate
    reply: Status | Listing | None = None
    error: errors.ProviderError | None = None


def ask(grant: Grant) -> Answer:
    """Reads one machine's status, or one project's listing. Any failure is an answer: nothing is raised."""
    try:
        client = client_for(grant)
    except SealBroken as broken:
        refused = errors.TokenRefused("seal", said=str(broken))
        return Answer(timezone.now(), Rate(), error=refused)
    try:
        if grant.operation is Operation.LISTING:
            reply: Status | Listing = client.listing(grant.project)
        else:
            reply = client.status(grant.project, grant.product)
    except errors.ProviderError as error:
        return Answer(timezone.now(), client.rate, error=error)
    except Exception:  # whatever it is, it must not stop the other machines' checks
        logger.exception(
            "a check of %s/%s failed in a way that no error is for", grant.project, grant.product
        )
        return Answer(timezone.now(), client.rate, error=errors.BadReply("internal"))
    return Answer(timezone.now(), client.rate, reply=reply)
