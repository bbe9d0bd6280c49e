"""Audit lines for tests, in a line each."""

import csv
import io
from datetime import datetime
from typing import Any

from django.db import transaction

from tests.audit_reset import lines_may_change
from vps.models import AuditEvent, Code
from vps.services.audit import record


def write(code: Code, at: datetime | None = None, **fields: Any) -> AuditEvent:
    """A line, as the panel would write it; `at`: as if it had been written then."""
    with transaction.atomic():
        line = record(code, **fields)
        if at:
            with lines_may_change():
                AuditEvent.objects.filter(pk=line.pk).update(at=at)
    return line


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
