"""The provider's API, one method per endpoint."""

from typing import Literal, get_args

import requests

from vps.provider.addresses import machine_at, products_of
from vps.provider.connections import new_session
from vps.provider.errors import BadReply
from vps.provider.rates import Rate
from vps.provider.replies import (
    ActionReceipt,
    ConsoleTicket,
    DefaultLogin,
    Listing,
    Status,
    read_cleared,
)
from vps.provider.secret import Secret
from vps.provider.transport import Transport

__all__ = ["Action", "Client", "ReadingClient", "new_session"]

Action = Literal["start", "stop", "kill", "reboot"]


class ReadingClient:
    """Calls that read, with one token. For one thread, as its session is.

    `base_url`: http(s), may hold a path. `deadline`: seconds for a whole call. `connect_timeout`: seconds of
    it for name and connection. `session`: one of `new_session()`, which stays the caller's to close.
    Ids that are none raise ValueError before anything is sent; all else that goes wrong is a ProviderError.
    """

    def __init__(
        self,
        base_url: str,
        token: Secret,
        *,
        deadline: float = 5.0,
        connect_timeout: float = 3.0,
        session: requests.Session | None = None,
    ) -> None:
        self._own_session = session is None
        self._session = session = new_session() if session is None else session
        self._transport = Transport(session, base_url, token, deadline, connect_timeout)

    @property
    def rate(self) -> Rate:
        """What the last answer told of the rate limit."""
        return self._transport.rate

    # Status: GET /projects/{project}/products/{product}/vps/status · Permission: READ_VPS
    def status(self, project: str, product: str) -> Status:
        path = f"{machine_at(project, product)}/status"
        return self._transport.get(path, Status.from_json, "READ_VPS")

    # List: GET /projects/{project}/products?detailed=true
    def listing(self, project: str) -> Listing:
        return self._transport.get(f"{products_of(project)}?detailed=true", Listing.from_json)

    def close(self) -> None:
        """Close the kept connections, unless the session was given."""
        if self._own_session:
            self._session.close()


class Client(ReadingClient):
    """Calls that read, and calls that act."""

    # Power: POST /projects/{project}/products/{product}/vps/control · Permission: VPS_CONTROL
    def control(self, project: str, product: str, action: Action) -> ActionReceipt:
        if action not in get_args(Action):
            raise ValueError("not an action")

        def read(value: object) -> ActionReceipt:
            receipt = ActionReceipt.from_json(value)
            if receipt.command != action:
                raise BadReply("other_command")
            return receipt

        path = f"{machine_at(project, product)}/control"
        return self._transport.post(path, read, "VPS_CONTROL", {"action": action})

    # Console: GET /projects/{project}/products/{product}/vps/console · Permission: CONSOLE_VNC
    def console(self, project: str, product: str) -> ConsoleTicket:
        path = f"{machine_at(project, product)}/console"
        return self._transport.get(path, ConsoleTicket.from_json, "CONSOLE_VNC")

    # Default login: GET /projects/{project}/products/{product}/vps/defaultlogin
    def default_login(self, project: str, product: str) -> DefaultLogin:
        return self._transport.get(f"{machine_at(project, product)}/defaultlogin", DefaultLogin.from_json)

    # Clear default login: POST /projects/{project}/products/{product}/vps/defaultlogin
    def clear_default_login(self, project: str, product: str) -> None:
        self._transport.post(f"{machine_at(project, product)}/defaultlogin", read_cleared)
