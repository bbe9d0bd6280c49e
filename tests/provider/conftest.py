"""What the provider's tests share."""

from collections.abc import Callable, Iterator

import pytest

from tests.provider.fault_server import Fault, FaultServer
from vps.provider.client import Client
from vps.provider.secret import Secret

NewClient = Callable[..., Client]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A provider that answers as documented, until a test gives it a fault."""
    with FaultServer() as running:
        yield running


@pytest.fixture
def answers(server: FaultServer) -> Callable[[object], None]:
    """Makes the server answer every request with this JSON value."""

    def set_answer(value: object) -> None:
        server.fault = Fault("an answer", lambda exchange: exchange.answer_json(value), None, None)

    return set_answer


@pytest.fixture
def new_client(server: FaultServer) -> Iterator[NewClient]:
    made: list[Client] = []

    def make(url: str = "", token: str = "tok_12345678", deadline: float = 5.0) -> Client:
        client = Client(url or server.url, Secret(token), deadline=deadline)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client()
