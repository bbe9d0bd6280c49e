"""What is posted to each address of the authorization matrix, by the URL's name: so that who may, does."""

from typing import Any
from uuid import uuid4

from vps.models import Role
from vps.services.remarks import mark_of

PASSWORD = "correct-horse-battery"


def typed(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    secret = {"token": f"key_{uuid4().hex}"}
    return {
        "person_add": {"name": "new"},
        "theme": {"theme": "dark"},
        "power_force_stop": {"sure": "on"},
        "machine_expected": {"expected": "on"},
        "machine_tags": {"tags": "web"},
        "machine_notes": {"notes": "Boots slowly.", "seen": mark_of("")},
        "machine_keeper": {"keeper": rows["token"].owner_id},
        "bulk": {"command": "reboot", "machine": [rows["machine"].pk]},
        "team_add": {"name": "New"},
        "team_rename": {"name": "New"},
        "team_walls": {"name": "New"},
        "member_role": {"role": Role.ADMIN.value},
        "team_invite": {"role": Role.ADMIN.value},
        "team_share": {"what": f"{rows['token'].pk}/prj-2"},
        "token_add": {"name": "new", "projects": "prj-9", **secret},
        "token_rename": {"name": "new"},
        "token_replace": secret,
        "token_project_add": {"project-project": "prj-9"},
        "token_machine_add": {"machine-project": "prj-1", "machine-machine": "vm-9"},
        "mfa_activate_totp": {"code": "000000"},
        "mfa_reauthenticate": {"code": "000000"},
        "account_login": {"login": "owner", "password": "wrong"},
        "account_reauthenticate": {"password": "wrong"},
        "account_change_password": {"oldpassword": "wrong", "password1": PASSWORD, "password2": PASSWORD},
    }
