"""The product's settings under an environment of their own, with what makes tests quick."""

import os
import tempfile
from pathlib import Path

TEST_ENVIRONMENT = {
    "DEBUG": "1",
    "SECRET_KEY": "a-secret-key-for-tests-alone-which-opens-nothing-anywhere",
    "TOKEN_KEYS": "dGVzdHMtc2VhbC13aXRoLXRoaXMta2V5LTMyLWJ5dGU=,YW5vdGhlci1rZXktdGhhdC1vbmx5LXRlc3RzLWtub3c=",
    "PUBLIC_URL": "http://localhost:8000",
    "VPS_API_URL": "http://127.0.0.1:9",  # the discard port: a call that no test expected is refused
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL")
    or f"sqlite:///{Path(tempfile.gettempdir()) / f'vps-dashboard-{os.getpid()}.sqlite3'}",
}
for _name in [
    *TEST_ENVIRONMENT,
    "TRUSTED_PROXIES",
    "VPS_CONSOLE_URL",
    "VPS_CALLS_PER_MINUTE",
    "VPS_INTERVAL",
    "VPS_IDLE_INTERVAL",
    "REDIS_URL",
    "METRICS_TOKEN",
    "REQUIRE_SECOND_FACTOR",
    "REQUIRE_SECOND_FACTOR_DAYS",
    "EMAIL_URL",
    "EMAIL_FROM",
    "VPS_KEEP_CHECKS_HOURS",
    "VPS_KEEP_MINUTES_DAYS",
    "VPS_KEEP_TEN_MINUTES_DAYS",
    "VPS_KEEP_TWO_HOURS_DAYS",
]:
    os.environ.pop(_name, None)
    os.environ.pop(f"{_name}_FILE", None)
os.environ.update(TEST_ENVIRONMENT)

from dashboard.settings import *  # noqa: E402, F403
from dashboard.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file as in production, not memory: threads and processes share it.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
