"""Redis as a cache of ours: asked with little patience, believed only what we signed, and replaced while it is away."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)
T = TypeVar("T")

ANSWER_SECONDS = 0.25
AWAY_SECONDS = 5.0
SIGNATURE = 16  # bytes


class Breaker:
    """Whether a server may be asked. While it is away one caller in five seconds tries it, and no other waits."""

    def __init__(self, beside: str) -> None:
        self._beside = beside
        self._lock = threading.Lock()
        self._away = False
        self._ask_at = 0.0

    def may_ask(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self._away and now < self._ask_at:
                return False
            if self._away:
                self._ask_at = now + AWAY_SECONDS
            return True

    def failed(self, error: Exception) -> None:
        with self._lock:
            was_away, self._away = self._away, True
            self._ask_at = time.monotonic() + AWAY_SECONDS
        if not was_away:
            logger.error("Redis is away; the %s takes its place, and begins anew: %s", self._beside, error)

    def answered(self) -> None:
        if not self._away:
            return
        with self._lock:
            was_away, self._away = self._away, False
        if was_away:
            logger.warning("Redis answers again and is used instead of the %s", self._beside)


_breakers: dict[tuple[str, str], Breaker] = {}
_making = threading.Lock()


def breaker_of(server: str, beside: str) -> Breaker:
    """One for all threads of the process, which have a cache of their own each."""
    with _making:
        return _breakers.setdefault((server, beside), Breaker(beside))


class Signed:
    """Values as JSON under a signature, numbers as they are: who can write into Redis can neither run code here nor
    put words into our pages. A string that is safe in a page comes back as one, but not inside of lists."""

    @cached_property
    def _key(self) -> bytes:
        return hashlib.sha256(f"cache {settings.SECRET_KEY}".encode()).digest()

    def dumps(self, value: Any) -> bytes | int:
        if type(value) is int:
            return value
        kind = b"h" if isinstance(value, SafeString) else b"j"
        body = kind + json.dumps(value).encode()
        return self._sign(body) + body

    def loads(self, data: bytes) -> Any:
        if data.lstrip(b"-").isdigit():
            return int(data)
        signature, body = data[:SIGNATURE], data[SIGNATURE:]
        if not body or signature != self._sign(body):
            raise redis.InvalidResponse("a value that this panel did not write")
        value = json.loads(body[1:])
        return mark_safe(value) if body[:1] == b"h" else value  # noqa: S308  # it was safe when it was signed

    def _sign(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=SIGNATURE, key=self._key).digest()


class Redis(BaseCache):
    """Redis, asked with little patience. While it is away, the cache `beside` it is used, in `settings.CACHES`."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._beside = params["OPTIONS"]["beside"]
        self._breaker = breaker_of(server, self._beside)
        # another SECRET_KEY is another panel, or this one anew: neither reads what the other has written
        mark = hashlib.sha256(f"keys {settings.SECRET_KEY}".encode()).hexdigest()[:8]
        options = {
            "serializer": Signed,
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            # once more, at once: the connection that was kept open may be from before a restart
            "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        }
        self._redis = RedisCache(
            [server], params | {"KEY_PREFIX": f"{self.key_prefix}-{mark}", "OPTIONS": options}
        )

    def _ask(self, work: Callable[[BaseCache], T]) -> T:
        if self._breaker.may_ask():
            try:
                done = work(self._redis)
            except (redis.RedisError, OSError) as error:
                self._breaker.failed(error)
            else:
                self._breaker.answered()
                return done
        return work(caches[self._beside])

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.add(key, value, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.delete(key, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.touch(key, timeout, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.has_key(key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return self._ask(lambda cache: cache.incr(key, delta, version))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        wanted = list(keys)  # asked for a second time where Redis fails
        return self._ask(lambda cache: cache.get_many(wanted, version)) if wanted else {}

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return self._ask(lambda cache: cache.set_many(data, timeout, version))

    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        unwanted = list(keys)
        self._ask(lambda cache: cache.delete_many(unwanted, version))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())

    def close(self, **kwargs: Any) -> None:
        """Connections to Redis stay open between requests."""
