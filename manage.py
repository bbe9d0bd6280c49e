#!/usr/bin/env python3
import sys

from django.core.management import execute_from_command_line

from dashboard import env

NEED_NO_SETTINGS = {"collectstatic", "demo", "help", "make_key", "makemigrations", "--help", "--version"}

if __name__ == "__main__":
    env.name_settings_module()
    if len(sys.argv) < 2 or sys.argv[1] in NEED_NO_SETTINGS:
        env.allow_missing()
    if sys.argv[1:2] == ["demo"] and not {"--fill", "--past"} & set(sys.argv):
        env.ignore_all()
    try:
        execute_from_command_line(sys.argv)
    except env.WrongSetting as wrong:
        sys.exit(f"vps-dashboard cannot start: {wrong}")
