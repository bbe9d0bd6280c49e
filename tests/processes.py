"""Commands of the product as processes of their own, on the test's database."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.settings import TEST_ENVIRONMENT

MANAGE = Path(__file__).parents[1] / "manage.py"


def manage(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """`manage.py` with the test's settings. What the test has written must be committed."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": database_url(),
        "TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
        "VPS_API_URL": settings.VPS_API_URL,
        "VPS_CALLS_PER_MINUTE": str(settings.VPS_CALLS_PER_MINUTE),
    }
    return subprocess.Popen(
        [sys.executable, str(MANAGE), *arguments],
        env=os.environ | TEST_ENVIRONMENT | ours | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        return TEST_ENVIRONMENT["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    return f"sqlite:///{name}"
