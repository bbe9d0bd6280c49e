"""Builds provider clients: the one place that opens a token, and only for a Grant."""

import threading

from django.conf import settings

from vps import crypto
from vps.access import Grant
from vps.provider.client import Client, new_session
from vps.provider.secret import Secret

_thread = threading.local()


def client_for(grant: Grant) -> Client:
    """A client that speaks for the grant's token. Its session is this thread's own. Raises crypto.SealBroken."""
    if not hasattr(_thread, "session"):
        _thread.session = new_session()
    token = Secret(crypto.unseal(grant.sealed, grant.bound_to))
    return Client(settings.VPS_API_URL, token, session=_thread.session)
