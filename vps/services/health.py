"""Whether this panel can do its work, for those who watch or deploy it."""

from datetime import timedelta

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from vps.models import CollectorBeat

SILENT_SECONDS = 30

_migrated = False


def find_fault() -> str:
    """Why the panel is not ready, as a sentence; "" where it is. Anybody may read it: it holds no names."""
    try:
        if not _is_migrated():
            return "The database lacks migrations."
        if not _collector_seen():
            return f"No collector was seen in the last {SILENT_SECONDS} s."
    except Error:
        return "The database does not answer."
    return ""


def _is_migrated() -> bool:
    """Remembered once it is so: nothing undoes a migration under a running panel."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _collector_seen() -> bool:
    return CollectorBeat.objects.filter(at__gt=Now() - timedelta(seconds=SILENT_SECONDS)).exists()
