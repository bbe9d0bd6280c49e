"""Counts and drawn cards in a Redis that is killed, hangs, is flushed, or is written to by somebody else."""

import logging
import time
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils.safestring import SafeString, mark_safe
from pytest_django.fixtures import Settings

from dashboard import caches as ours
from dashboard import redis_cache
from dashboard.env import Environment, WrongSetting
from tests.conftest import PASSWORD
from tests.redis_server import RedisServer
from tests.services.collector_kit import eventually

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def redis(server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """The panel uses it, it is empty, and it runs again afterwards."""
    monkeypatch.setattr(redis_cache, "_breakers", {})
    settings.CACHES = ours.from_url(Environment({"REDIS_URL": server.url}), "REDIS_URL")
    server.client().flushall()
    caches["process"].clear()
    yield server
    server.go_on()
    server.kill()
    server.start()


def test_counts_and_cards_are_in_redis_and_come_back_as_they_were(redis: RedisServer) -> None:
    caches["default"].set("tries", [1.5, 2.5], 60)
    caches["fragments"].set_many({"card": mark_safe("<b>one</b>"), "words": "<b>", "number": -3})
    assert caches["default"].get("tries") == [1.5, 2.5]
    found = caches["fragments"].get_many(["card", "words", "number", "none"])
    assert found == {"card": "<b>one</b>", "words": "<b>", "number": -3}
    assert isinstance(found["card"], SafeString)
    assert not isinstance(found["words"], SafeString)
    assert caches["fragments"].get_many([]) == {}
    assert redis.client().dbsize() == 4
    assert caches["database"].get("tries") is None


def test_while_redis_is_dead_counts_are_in_the_database_cards_in_memory_and_it_is_said_once(
    redis: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches["fragments"].set("card", "one")
    redis.kill()
    with caplog.at_level(logging.WARNING, "dashboard.redis_cache"):
        assert caches["fragments"].get("card") is None
        for count in range(3):
            caches["default"].set("tries", [1.0] * count, 60)
            caches["fragments"].set("card", f"drawn {count}")
        assert caches["default"].get("tries") == caches["database"].get("tries") == [1.0, 1.0]
        assert caches["fragments"].get("card") == "drawn 2"
        assert [record.getMessage().split(";")[0] for record in caplog.records] == ["Redis is away"] * 2
        caplog.clear()
        redis.start()
        monkeypatch.setattr(redis_cache, "AWAY_SECONDS", 0.0)
        for breaker in redis_cache._breakers.values():
            breaker._ask_at = 0.0
        caches["default"].set("tries", [1.0], 60)
        assert caches["fragments"].get("card") is None
    assert [record.getMessage() for record in caplog.records] == [
        "Redis answers again and is used instead of the database",
        "Redis answers again and is used instead of the process",
    ]


def test_a_redis_that_hangs_is_waited_for_once_and_not_by_each_page(redis: RedisServer, anna: object) -> None:
    redis.hang()
    began = time.monotonic()
    for _ in range(100):
        assert caches["fragments"].get("card") is None
    sent = Client().post("/accounts/login/", {"login": "anna", "password": PASSWORD})
    assert sent.status_code == 302
    assert time.monotonic() - began < 5.0  # 25 s, were each to wait


def test_no_wrong_password_goes_uncounted_while_redis_is_dead(redis: RedisServer, anna: object) -> None:
    redis.kill()
    answers = [Client().post("/accounts/login/", {"login": "anna", "password": "wrong"}) for _ in range(6)]
    assert b"Too many" in answers[5].content
    assert b"Too many" not in answers[4].content


def test_a_flush_forgets_and_nothing_fails(redis: RedisServer) -> None:
    for name in ("default", "fragments"):
        caches[name].set("one", "1", 60)
    redis.client().flushall()
    assert [caches[name].get("one") for name in ("default", "fragments")] == [None, None]
    caches["fragments"].set("one", "2")
    assert caches["fragments"].get("one") == "2"


@pytest.mark.parametrize("forged", [b"", b"h<script>", b"x" * 16 + b'h"<script>"', b"\x80\x04N."])
def test_what_somebody_else_wrote_into_redis_is_not_used(redis: RedisServer, forged: bytes) -> None:
    caches["fragments"].set("card", mark_safe("ours"))
    (key,) = redis.client().keys("*")
    redis.client().set(key, forged)
    assert caches["fragments"].get("card") is None


def test_a_restart_of_redis_between_two_pages_is_not_noticed(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caches["default"].set("one", 1, 60)
    redis.kill()
    redis.start()
    with caplog.at_level(logging.WARNING, "dashboard.redis_cache"):
        eventually(lambda: caches["default"].get("one") is None, "it is asked anew")
        caches["default"].set("one", 2, 60)
    assert caches["default"].incr("one") == 3
    assert caplog.records == []


@pytest.mark.parametrize(
    "url", ["redis://", "http://a", "redis://:pw-x@a:port/0", "redis://a/?socket_timeout=9"]
)
def test_an_address_that_is_no_redis_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(WrongSetting, match=r"^R must be redis://") as refusal:
        ours.from_url(Environment({"R": url}), "R")
    assert "pw-x" not in str(refusal.value)
