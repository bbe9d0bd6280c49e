from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VpsConfig(AppConfig):
    name = "vps"
    verbose_name = _("VPS Dashboard")

    def ready(self) -> None:
        from vps import checks  # noqa: F401  # registers them
