"""The counts of tries that limit signing in."""

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db


def test_hundreds_of_made_up_names_do_not_flush_the_count_of_another() -> None:
    cache.set("tries-of-anna", [1.0] * 5, 300)
    for number in range(400):
        cache.set(f"tries-of-nobody-{number}", [1.0], 300)
    assert cache.get("tries-of-anna") == [1.0] * 5
