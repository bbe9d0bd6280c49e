"""One call to read something: what is asked, and what came back. Fit for a worker thread: never in the database."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from vps.access import Operation, ReadGrant
from vps.crypto import SealBroken
from vps.provider import errors
from vps.provider.client import ReadingClient
from vps.provider.rates import Rate
from vps.provider.replies import Listing, Status
from vps.services.calls import reader_for
from vps.services.words import SEAL

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What one call brought: a reply or an error, when, what its headers told of the rate limit, and how many seconds
    it took."""

    at: datetime
    rate: Rate
    reply: Status | Listing | None = None
    error: errors.ProviderError | None = None
    took: float = 0.0


def ask(grant: ReadGrant) -> Answer:
    """Reads one machine's status, or one project's listing. Any failure is an answer: nothing is raised."""
    began = time.monotonic()
    client: ReadingClient | None = None
    reply: Status | Listing | None = None
    error: errors.ProviderError | None = None
    try:
        client = reader_for(grant)
        reply = _call(client, grant)
    except SealBroken as broken:
        error = errors.TokenRefused(SEAL, said=str(broken))
    except errors.ProviderError as failure:
        error = failure
    except Exception:  # whatever it is, it must not stop the other machines' checks
        logger.exception("a check of %s/%s failed in an unknown way", grant.project, grant.product)
        error = errors.BadReply("internal")
    rate = client.rate if client else Rate()
    return Answer(timezone.now(), rate, reply, error, time.monotonic() - began)


def _call(client: ReadingClient, grant: ReadGrant) -> Status | Listing:
    if grant.operation is Operation.LISTING:
        return client.listing(grant.project)
    return client.status(grant.project, grant.product)
