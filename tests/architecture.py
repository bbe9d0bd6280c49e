"""Reads who imports whom, and says what the house's rules do not allow."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 250
STANDARD = frozenset(sys.stdlib_module_names)
ALWAYS = {"vps", "__future__"}  # the package itself holds nothing

# Room → what it may import: roots of other people's packages, and rooms of ours. A room is a folder or file of vps/.
RULES: dict[str, set[str]] = {
    "vps.provider": {"requests", "urllib3", "vps.provider"},
    "vps.rfb": {"cryptography", "vps.rfb"},
    "vps.simulator": {"websockets", "PIL", "vps.rfb", "vps.simulator"},
    "vps.crypto": {"cryptography", "django"},
    "vps.models": {"django", "vps.models", "vps.crypto"},
    "vps.access": {"django", "vps.access", "vps.models"},
    "vps.accounts": {
        "django", "django_htmx", "allauth", "qrcode", "vps.accounts", "vps.models", "vps.crypto", "vps.services",
    },
    "vps.forms": {"django", "vps.services", "vps.forms"},
    "vps.http": {"django", "csp", "vps.services"},
    "vps.checks": {"django", "vps.services"},
    "vps.apps": {"django", "vps.checks"},
    "vps.urls": {"django", "vps.views"},
    "vps.templatetags": {"django", "vps.services", "vps.templatetags"},
    "vps.services": {
        "django", "prometheus_client", "vps.services", "vps.models", "vps.access", "vps.provider", "vps.crypto",
    },
    "vps.views": {
        "django", "django_htmx", "prometheus_client", "vps.views", "vps.services", "vps.access", "vps.forms",
        "vps.http", "vps.provider.errors",
    },
    "vps.management": {"django", "vps.services", "vps.access", "vps.forms", "vps.http", "vps.provider.errors"},
    "vps.migrations": {"django", "vps.models", "vps.crypto"},
    "dashboard": {"django", "dashboard", "csp", "dj_database_url", "redis", "whitenoise", "vps.urls"},
    "manage": {"django", "dashboard"},
}  # fmt: skip
ONLY_IN = {"requests": "vps.provider", "urllib3": "vps.provider"}
CRYPTO_NEEDS_ONLY = {"django.conf", "django.utils"}  # of Django: the keys, and words for people
LATE_IMPORTS = ("import_module", "import_string", "__import__")
MAY_KNOW_THE_SIMULATOR = ("vps/simulator/", "vps/management/commands/demo.py")
READ_AS_TEXT = {".py", ".html", ".js", ".css", ".svg", ".txt", ".toml", ".json"}


def module_name(path: Path, root: Path) -> str:
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2]) if module.startswith("vps.") else module.split(".")[0]


def imports(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Every imported name in full, wherever in the file it stands, relative ones resolved."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in LATE_IMPORTS:
            yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def reads_environment(source: str) -> bool:
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in names and _name(node.value) == "os":
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os" and names & {a.name for a in node.names}:
            return True
    return False


def is_allowed(room: str, name: str) -> bool:
    root = name.split(".")[0]
    if room == "vps.crypto" and root == "django":
        return any(f"{name}.".startswith(f"{allowed}.") for allowed in CRYPTO_NEEDS_ONLY)
    if root in ONLY_IN and room != ONLY_IN[root]:
        return False
    if root in STANDARD or name in ALWAYS:
        return True
    return any(f"{name}.".startswith(f"{allowed}.") for allowed in RULES.get(room, set()))


def import_faults(path: Path, root: Path) -> list[str]:
    source = path.read_text(encoding="utf-8")
    module = module_name(path, root)
    room = room_of(module)
    where = path.relative_to(root)
    if module in ("vps", "dashboard") and not source.strip():
        return []
    if room == "vps.management" and path.name == "demo.py":
        return []  # it starts the simulator, as a process
    faults = [] if room in RULES else [f"{where} is in no room of the house"]
    faults += [
        f"{where} imports {name}"
        for name in imports(source, module, path.name == "__init__.py")
        if not is_allowed(room, name)
    ]
    if reads_environment(source) and str(where) != "dashboard/env.py":
        faults.append(f"{where} reads the environment")
    return faults


def length_faults(path: Path, root: Path) -> list[str]:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    return [f"{path.relative_to(root)} has {lines} lines"] if lines > LONGEST_FILE else []


def simulator_faults(path: Path, root: Path) -> list[str]:
    """Nothing of the product knows the pretend provider, in whichever spelling."""
    where = path.relative_to(root).as_posix()
    if where.startswith(MAY_KNOW_THE_SIMULATOR) or "/vendor/" in where or path.suffix not in READ_AS_TEXT:
        return []
    text = (where + path.read_text(encoding="utf-8", errors="replace")).lower()
    return [f"{where} mentions the simulator"] if "simulator" in text else []
