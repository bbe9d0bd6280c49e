"""Builds provider clients: the one place that opens a token, and only for a Grant. A reader cannot act."""

import threading
from typing import TypeVar

from django.conf import settings

from vps import crypto
from vps.access import ActGrant, Grant, ReadGrant
from vps.provider.client import Client, ReadingClient, new_session
from vps.provider.secret import Secret

AnyClient = TypeVar("AnyClient", bound=ReadingClient)
_thread = threading.local()


def reader_for(grant: ReadGrant) -> ReadingClient:
    """A client that reads with the grant's token, and has no other calls. Its session is this thread's own. Raises
    crypto.SealBroken."""
    return _client(ReadingClient, grant, ReadGrant)


def client_for(grant: ActGrant) -> Client:
    """A client that acts with the grant's token, likewise."""
    return _client(Client, grant, ActGrant)


def _client(kind: type[AnyClient], grant: Grant, wanted: type[Grant]) -> AnyClient:
    if not isinstance(grant, wanted):
        raise TypeError(f"{kind.__name__} is for a {wanted.__name__} alone")
    if not hasattr(_thread, "session"):
        _thread.session = new_session()
    token = Secret(crypto.unseal(grant.sealed, grant.bound_to))
    return kind(settings.VPS_API_URL, token, session=_thread.session)
