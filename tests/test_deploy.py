"""What stands in deploy/ parses, and names commands, options and settings that there are."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PLACE = "/opt/vps-dashboard"


def assert_understood(words: list[str]) -> None:
    """`manage.py` takes these; argparse ends the process where it does not."""
    app = "django.core" if words[0] in ("migrate", "check") else "vps"
    load_command_class(app, words[0]).create_parser("manage.py", words[0]).parse_args(words[1:])


def compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return told


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_its_unit(unit: Path, tmp_path: Path) -> None:
    if not (program := shutil.which("systemd-analyze")):
        pytest.skip("There is no systemd-analyze here: units are not verified (apt install systemd).")
    here = tmp_path / unit.name
    text = unit.read_text().replace(f"{PLACE}/.venv/bin/python", shutil.which("python3") or "")
    here.write_text(text.replace(PLACE, str(ROOT)))
    done = subprocess.run([program, "verify", "--man=no", here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    found = re.search(rf"^ExecStart={PLACE}/\.venv/bin/python manage\.py (.+)$", unit.read_text(), re.M)
    assert found
    assert_understood(shlex.split(found[1]))


def test_the_containers_run_commands_that_there_are() -> None:
    services = compose()["services"]
    for name in ("web", "collector", "migrate"):
        assert_understood(services[name]["command"])
    found = re.search(r"^CMD (.+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert found
    assert_understood(json.loads(found[1]))


def test_the_containers_are_given_settings_that_there_are() -> None:
    read = (ROOT / "dashboard" / "settings.py").read_text()
    for name in compose()["services"]["web"]["environment"]:
        assert f'"{name.removesuffix("_FILE")}"' in read, name


def test_each_secret_of_a_container_is_one_of_the_files_secrets() -> None:
    told = compose()
    for service in told["services"].values():
        assert set(service.get("secrets", [])) <= set(told["secrets"])
        for path in service.get("environment", {}).values():
            if path.startswith("/run/secrets/"):
                assert path.rpartition("/")[2] in service["secrets"]
