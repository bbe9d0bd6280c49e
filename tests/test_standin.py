"""The stand-in answers as the provider's document says, and our client reads it."""

from collections.abc import Iterator

import pytest
import requests

from tests.standin import StandIn
from vps.provider import errors
from vps.provider.client import Client
from vps.provider.secret import Secret


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def client(provider: StandIn) -> Iterator[Client]:
    client = Client(provider.api, Secret(provider.token))
    yield client
    client.close()


def test_a_status_is_read_whatever_else_stands_beside_it(provider: StandIn, client: Client) -> None:
    status = client.status(provider.project, provider.add(cpu=15.5, memory_used=1024))
    assert (status.status, status.cpu, status.cpus, status.uptime) == ("running", 15.5, 2, 7200)
    assert (status.memory_used, status.memory_total, status.memory_percent) == (1024, 4096, 25)
    assert (status.version, status.agent) == ("9.1.2", True)
    assert (status.disk, status.maxdisk) == (10_000_000_000, 40_000_000_000)


def test_it_tells_nothing_of_a_rate_limit(provider: StandIn, client: Client) -> None:
    client.status(provider.project, provider.add())
    assert (client.rate.limit, client.rate.remaining, client.rate.reset_after) == (None, None, None)


def test_it_answers_in_chunks_without_a_length(provider: StandIn) -> None:
    answer = requests.get(
        f"{provider.api}/projects/{provider.project}/products/{provider.add()}/vps/status",
        headers={"Authorization": f"Bearer {provider.token}"},
        timeout=5,
    )
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in answer.headers
    assert answer.json()["region"]["name"] == "Malmö"


def test_the_listing_is_refused_to_a_good_token(provider: StandIn, client: Client) -> None:
    provider.add()
    with pytest.raises(errors.NotAllowed) as refused:
        client.listing(provider.project)
    assert refused.value.said == "Insufficient permissions to access this resource"


def test_another_token_is_refused(provider: StandIn) -> None:
    with pytest.raises(errors.TokenRefused):
        Client(provider.api, Secret("another-token")).status(provider.project, provider.add())


def test_an_unknown_machine_is_not_found(provider: StandIn, client: Client) -> None:
    with pytest.raises(errors.NotFound):
        client.status(provider.project, "nobody")


def test_a_machine_is_stopped_once(provider: StandIn, client: Client) -> None:
    machine = provider.add()
    assert client.control(provider.project, machine, "stop").command == "stop"
    assert client.status(provider.project, machine).status == "stopped"
    with pytest.raises(errors.Refused) as refused:
        client.control(provider.project, machine, "stop")
    assert refused.value.said == "Error, vps is already offline."


def test_a_console_ticket_is_another_each_time(provider: StandIn, client: Client) -> None:
    machine = provider.add()
    first, second = (client.console(provider.project, machine) for _turn in range(2))
    assert first.ticket.reveal() != second.ticket.reveal()


def test_the_default_login_is_gone_once_cleared(provider: StandIn, client: Client) -> None:
    machine = provider.add()
    assert client.default_login(provider.project, machine).username == "debian"
    client.clear_default_login(provider.project, machine)
    with pytest.raises(errors.Refused) as refused:
        client.default_login(provider.project, machine)
    assert refused.value.said == "Default password no longer available"
