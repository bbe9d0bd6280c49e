"""Every fault, for reading and for acting: the right error, in time, sent once, and the token nowhere in it."""

import logging
import time
import traceback
import tracemalloc
from collections.abc import Iterator

import pytest

from tests.provider.fault_server import FAULTS, Fault, FaultServer
from tests.provider.raw_server import Expected
from vps.provider.client import Client
from vps.provider.errors import OutcomeUnknown, ProviderError, RateLimited
from vps.provider.secret import Secret

TOKEN = "tok-Zm9vYmFyYmF6cXV4LXNlY3JldA"

each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


def call(fault: Fault, server: FaultServer, method: str) -> tuple[ProviderError | None, float]:
    """The error that a status or a power call ends in, and the seconds it took past its deadline."""
    deadline = 0.3 if fault.slow else 10.0
    client = Client(server.url, Secret(TOKEN), deadline=deadline)
    began = time.monotonic()
    try:
        if method == "GET":
            client.status("proj_1", "vm_1")
        else:
            client.control("proj_1", "vm_1", "start")
    except ProviderError as error:
        return error, time.monotonic() - began - deadline
    finally:
        client.close()
    return None, time.monotonic() - began - deadline


def fits(error: ProviderError | None, expected: Expected) -> bool:
    return error is None if expected is None else isinstance(error, expected)


@each_fault
def test_reading_ends_in_the_right_error_and_in_time(fault: Fault) -> None:
    with FaultServer(fault) as server:
        error, overdue = call(fault, server, "GET")
    assert fits(error, fault.get), repr(error)
    assert overdue <= 0.5


@each_fault
def test_acting_ends_in_the_right_error_in_time_and_is_sent_once(fault: Fault) -> None:
    with FaultServer(fault) as server:
        error, overdue = call(fault, server, "POST")
    assert fits(error, fault.post), repr(error)
    assert overdue <= 0.5
    assert server.connections == (1 if fault.listens else 0)
    assert len(server.received) == (1 if fault.reads else 0)


def every_text_of(error: BaseException) -> Iterator[str]:
    """What a log line, a report or a curious handler could show of an error, its ancestors and its frames."""
    yield str(error)
    yield repr(error)
    yield repr(vars(error))
    yield "".join(traceback.format_exception(error))
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "/vps/" in frame.f_code.co_filename or "site-packages" in frame.f_code.co_filename:
            yield repr(frame.f_locals)


@each_fault
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_token_is_in_no_error_and_no_log(
    fault: Fault, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(fault) as server:
        error, _ = call(fault, server, method)
    assert TOKEN not in caplog.text
    if error is not None:
        assert error.__cause__ is None
        assert error.__context__ is None
        assert not [text for text in every_text_of(error) if TOKEN in text]


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.name.startswith("429")], ids=str)
def test_a_wait_is_bounded_however_absurd_the_headers(fault: Fault) -> None:
    with FaultServer(fault) as server:
        error, _ = call(fault, server, "GET")
    assert isinstance(error, RateLimited)
    assert error.retry_after is None or 0 <= error.retry_after <= 3600


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if "bomb" in each.name or "MB" in each.name], ids=str
)
def test_a_huge_answer_takes_little_memory(fault: Fault) -> None:
    with FaultServer(fault) as server:
        tracemalloc.start()
        try:
            call(fault, server, "GET")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 32 * 2**20


def test_the_table_is_wide_and_its_names_are_one_of_a_kind() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30


def test_one_bad_machine_does_not_disturb_the_others() -> None:
    bad = next(fault for fault in FAULTS if fault.name == "binary noise")
    with FaultServer(bad, only="vm_bad") as server:
        client = Client(server.url, Secret(TOKEN))
        assert client.status("p", "vm_good").status == "running"
        with pytest.raises(ProviderError):
            client.status("p", "vm_bad")
        assert client.status("p", "vm_good").status == "running"
        client.close()


def test_what_the_provider_said_is_kept_without_the_token() -> None:
    repeats = next(fault for fault in FAULTS if fault.name == "403 that repeats the token")
    with FaultServer(repeats) as server:
        error, _ = call(repeats, server, "GET")
    assert error is not None
    assert error.said == "*** may not: ***"


def test_a_server_error_leaves_the_outcome_of_a_post_unknown_and_says_its_status() -> None:
    oops = next(fault for fault in FAULTS if fault.name == "HTML with 502")
    with FaultServer(oops) as server:
        error, _ = call(oops, server, "POST")
    assert isinstance(error, OutcomeUnknown)
    assert (error.reason, error.http_status) == ("server_error", 502)
