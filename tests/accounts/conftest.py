from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_tries_yet(db: None) -> Iterator[None]:
    """Each test starts with all its tries left."""
    cache.clear()
    yield
    cache.clear()
