"""The WSGI application: `gunicorn dashboard.wsgi`. What `manage.py check` calls an error stops it as well."""

import sys

from django.core.management.base import BaseCommand, SystemCheckError
from django.core.wsgi import get_wsgi_application

from dashboard import env

STOP_FOR_GOOD = 3  # gunicorn starts a worker anew after any other exit code

env.name_settings_module()
try:
    application = get_wsgi_application()
    BaseCommand().check()
except (env.WrongSetting, SystemCheckError) as wrong:
    sys.stderr.write(f"vps-dashboard cannot start: {wrong}\n")
    sys.exit(STOP_FOR_GOOD)
