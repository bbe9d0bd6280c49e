"""Names of static files in production: a hash in each, so that browsers may keep them for ever."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

VERSIONED = (
    "vendor/novnc-"  # the version is in the folder's name, and its modules import each other by plain names
)
IMMUTABLE = rf"^/static/({VERSIONED}|.+\.[0-9a-f]{{12}}\.)"


class StaticFiles(CompressedManifestStaticFilesStorage):
    # Imports are rewritten in our own modules alone: foreign files hold comments that look like one.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        if name.startswith(VERSIONED):
            return name
        return str(super().hashed_name(name, content, filename))
