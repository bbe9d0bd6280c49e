"""The rate limit: told by headers that may be absent, or absurd."""

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.provider.fault_server import Fault, FaultServer
from vps.provider.client import Client
from vps.provider.errors import ProviderError, RateLimited
from vps.provider.rates import Rate, rate_of, retry_after_of


def test_no_header_tells_nothing() -> None:
    assert rate_of({}) == Rate(limit=None, remaining=None, reset_after=None)
    assert retry_after_of({}) is None


def test_a_reset_is_seconds_from_now() -> None:
    headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12.5"}
    assert rate_of(headers) == Rate(limit=60, remaining=0, reset_after=12.5)


def test_or_a_reset_is_a_moment() -> None:
    reset_after = rate_of({"X-RateLimit-Reset": str(int(time.time()) + 100)}).reset_after
    assert reset_after is not None
    assert 0 < reset_after <= 100


def test_a_limit_may_carry_its_window() -> None:
    assert rate_of({"X-RateLimit-Limit": "100, 100;w=60"}).limit == 100


@pytest.mark.parametrize("limit", ["0", "-5", "many", "", "nan", "1e3", "0x10", "9" * 30])
def test_a_limit_that_is_none_tells_nothing(limit: str) -> None:
    assert rate_of({"X-RateLimit-Limit": limit}).limit is None


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("-5", 0),
        ("86400", 3600),
        ("9" * 18, 3600),
        ("1000000001", 0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
    ],
)
def test_an_absurd_reset_is_bounded_or_tells_nothing(reset: str, seconds: float | None) -> None:
    assert rate_of({"X-RateLimit-Reset": reset}).reset_after == seconds


def test_retry_after_goes_before_the_reset() -> None:
    assert retry_after_of({"Retry-After": "7", "X-RateLimit-Reset": "30"}) == 7
    assert retry_after_of({"Retry-After": "soon", "X-RateLimit-Reset": "30"}) == 30


def test_retry_after_may_be_a_date() -> None:
    seconds = retry_after_of({"Retry-After": formatdate(time.time() + 60, usegmt=True)})
    assert seconds is not None
    assert 0 < seconds <= 60
    assert retry_after_of({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}) == 3600


@given(st.text(max_size=40) | st.integers().map(str) | st.floats().map(str))
def test_whatever_the_headers_say_the_wait_is_bounded(written: str) -> None:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
    headers = dict.fromkeys(names, written)
    for seconds in (rate_of(headers).reset_after, retry_after_of(headers)):
        assert seconds is None or 0 <= seconds <= 3600


def test_a_client_tells_the_rate_of_its_last_answer_a_refusal_too(
    server: FaultServer, client: Client
) -> None:
    assert client.rate == Rate()
    headers = "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 9\r\n"
    server.fault = Fault(
        "limited", lambda exchange: exchange.answer_json({"error": "x"}, "429 No", headers), RateLimited, None
    )
    with pytest.raises(ProviderError) as error:
        client.status("p", "vm_1")
    assert client.rate == Rate(limit=60, remaining=0, reset_after=9)
    assert isinstance(error.value, RateLimited)
    assert error.value.retry_after == 9
