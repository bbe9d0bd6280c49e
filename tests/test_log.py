"""What the panel's log says of requests."""

import io
import logging
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from tests.rows import give_machine, give_token


@pytest.mark.django_db
def test_a_refusal_has_its_line_and_no_traceback(anna: User, signed_in: Client) -> None:
    give_machine(give_token(anna, refused_at=timezone.now()), machine={"project": "prj-1", "product": "vm-1"})
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logs: Any = settings.LOGGING
    for name in logs["handlers"]["console"]["filters"]:
        handler.addFilter(import_string(logs["filters"][name]["()"])())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        assert signed_in.post("/machines/prj-1/vm-1/start/").status_code == 403
    finally:
        logger.removeHandler(handler)
    assert "Forbidden" in said.getvalue()
    assert "Traceback" not in said.getvalue()
