"""The rules of the house: who may import whom, who may read the environment, and how long a file may be."""

from pathlib import Path

import pytest

from tests.architecture import import_faults, length_faults, simulator_faults

ROOT = Path(__file__).parent.parent


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_nobody_imports_whom_the_house_forbids() -> None:
    files = [*python_files("vps", "dashboard"), ROOT / "manage.py"]
    assert len(files) > 20
    assert [fault for path in files for fault in import_faults(path, ROOT)] == []


def test_nothing_of_the_product_knows_the_simulator() -> None:
    folders = ("vps", "dashboard", "templates", "static")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert len(files) > 50
    assert [fault for path in files for fault in simulator_faults(path, ROOT)] == []


def test_no_file_is_too_long() -> None:
    files = [*python_files("vps", "dashboard", "deploy", "tests"), ROOT / "manage.py"]
    assert [fault for path in files for fault in length_faults(path, ROOT)] == []


# The reader of the rules finds what it should --------------------------------------------------------

PLANTED = [
    ("vps/provider/a.py", "import django", "imports django"),
    ("vps/provider/a.py", "from vps.models import Token", "imports vps.models.Token"),
    ("vps/provider/a.py", "from ..models import token", "imports vps.models.token"),
    ("vps/provider/__init__.py", "from ..services import power", "imports vps.services.power"),
    ("vps/provider/a.py", "from .. import access", "imports vps.access"),
    ("vps/rfb/a.py", "import requests", "imports requests"),
    ("vps/simulator/a.py", "from vps.provider import client", "imports vps.provider.client"),
    ("vps/simulator/a.py", "import django.conf", "imports django.conf"),
    ("vps/crypto.py", "from django.db import models", "imports django.db.models"),
    ("vps/crypto.py", "from vps.models import Token", "imports vps.models.Token"),
    ("vps/models/a.py", "from vps.services import tokens", "imports vps.services.tokens"),
    ("vps/models/a.py", "import allauth", "imports allauth"),
    ("vps/access/a.py", "from vps.services import tokens", "imports vps.services.tokens"),
    ("vps/access/a.py", "from vps import provider", "imports vps.provider"),
    ("vps/accounts/a.py", "from vps.views import board", "imports vps.views.board"),
    ("vps/http.py", "from vps.models import Token", "imports vps.models.Token"),
    ("vps/forms.py", "from vps import models", "imports vps.models"),
    ("vps/checks.py", "import vps.provider.client", "imports vps.provider.client"),
    ("vps/templatetags/a.py", "from vps.access import x", "imports vps.access.x"),
    ("vps/services/a.py", "from vps.views import board", "imports vps.views.board"),
    ("vps/services/a.py", "import requests.adapters", "imports requests.adapters"),
    ("vps/services/a.py", "def late():\n    if True:\n        from vps.http import x", "imports vps.http.x"),
    ("vps/views/a.py", "from vps.models import Token", "imports vps.models.Token"),
    ("vps/views/a.py", "from vps.provider.client import Client", "imports vps.provider.client.Client"),
    ("vps/views/a.py", "from vps.provider import client", "imports vps.provider.client"),
    ("vps/views/a.py", "import importlib\nimportlib.import_module('vps.models')", "imports vps.models"),
    ("vps/management/commands/a.py", "from vps.models import Token", "imports vps.models.Token"),
    ("vps/management/commands/a.py", "import subprocess\nimport requests", "imports requests"),
    ("vps/urls.py", "from dashboard import settings", "imports dashboard.settings"),
    ("vps/services/a.py", "import dashboard.env", "imports dashboard.env"),
    ("dashboard/a.py", "from vps.models import Token", "imports vps.models.Token"),
    ("dashboard/a.py", "import os\nprint(os.environ)", "reads the environment"),
    ("vps/services/a.py", "from os import getenv", "reads the environment"),
    ("vps/services/a.py", "import os\nos.getenv('A')", "reads the environment"),
    ("vps/services/a.py", "from os import environ as e", "reads the environment"),
    ("vps/odds_and_ends.py", "", "is in no room of the house"),
    ("vps/models/__init__.py", "from .. import views", "imports vps.views"),
]


def planted(root: Path, where: str, text: str) -> Path:
    path = root / where
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("where", "text", "fault"), PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, where: str, text: str, fault: str) -> None:
    path = planted(tmp_path, where, text)
    assert f"{where} {fault}" in import_faults(path, tmp_path)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (
            "vps/provider/a.py",
            "import json\nimport requests\nfrom .errors import Refused\nfrom . import replies",
        ),
        ("vps/views/a.py", "from vps.provider.errors import NotFound\nfrom vps.services import tokens"),
        ("vps/views/a.py", "from vps.provider import errors"),
        ("vps/crypto.py", "from django.conf import settings\nfrom cryptography.fernet import Fernet"),
        ("dashboard/env.py", "import os\nos.environ['A']"),
        ("vps/services/a.py", "import os\nos.urandom(3)"),
        ("vps/apps.py", "from vps import checks"),
    ],
)
def test_what_is_allowed_is_not_called_a_fault(tmp_path: Path, where: str, text: str) -> None:
    assert import_faults(planted(tmp_path, where, text), tmp_path) == []


@pytest.mark.parametrize(
    "where", ["templates/vps/a.html", "static/js/a.js", "vps/services/a.py", "dashboard/a.py"]
)
def test_a_mention_of_the_simulator_is_found(tmp_path: Path, where: str) -> None:
    assert simulator_faults(planted(tmp_path, where, "the SIMULATOR says"), tmp_path)


def test_a_file_that_is_too_long_is_found(tmp_path: Path) -> None:
    assert length_faults(planted(tmp_path, "vps/a/b.py", "a = 1\n" * 251), tmp_path)
    assert not length_faults(planted(tmp_path, "vps/c/d.py", "a = 1\n" * 250), tmp_path)
