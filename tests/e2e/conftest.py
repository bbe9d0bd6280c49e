"""Browser tests of the whole panel: real processes, a real database, real HTTP, a provider that can be told to fail."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.database import SERVER, copied_database, manage, migrated_database
from tests.e2e.fleet import Fleet
from tests.e2e.panel import Panel
from vps.simulator.server import Simulator

expect.set_options(timeout=15_000)
running: list[Panel] = []
OpenPanel = Callable[..., AbstractContextManager[Panel]]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows what the panel's processes last said."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed:
        for panel in running:
            for name in ("web", "collector"):
                report.sections.append((f"{name} at {panel.url}", _tail(panel.log(name))))


def _tail(log: str) -> str:
    lines = [line for line in log.splitlines() if "/static/" not in line and not line.startswith("127.")]
    return "\n".join(lines[-25:])


@contextmanager
def once(tmp_path_factory: pytest.TempPathFactory, what: str) -> Iterator[tuple[Path, bool]]:
    """The folder that all workers share, and whether this one is to do there what one does for all."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "popen" in own.name else own
    with (shared / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / f"{what}.done"
        yield shared, not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    with once(tmp_path_factory, "static") as (folder, first):
        if first:
            manage(f"sqlite:///{folder}/none.sqlite3", "collectstatic", "--noinput", "--verbosity", "0")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database to copy: one file for all workers; on a server one for each, as it is to be left alone."""
    if SERVER:
        with migrated_database(tmp_path_factory.mktemp("blank")) as url:
            yield url
        return
    with once(tmp_path_factory, "blank") as (folder, first):
        url = f"sqlite:///{folder}/blank.sqlite3"
        if first:
            manage(url, "migrate", "--verbosity", "0")
    yield url


@pytest.fixture(scope="session")
def open_panel(
    tmp_path_factory: pytest.TempPathFactory,
    static_files: None,
    blank: str,
    django_db_blocker: DjangoDbBlocker,
) -> OpenPanel:
    """Starts panels, each with a database of its own."""

    @contextmanager
    def open_one(api: str, interval: float = 1, console: str = "") -> Iterator[Panel]:
        folder = tmp_path_factory.mktemp("panel")
        with copied_database(blank, folder) as database:
            panel = Panel(folder, database, api, django_db_blocker.unblock, interval, console)
            running.append(panel)
            try:
                panel.start()
                yield panel
            except Exception as error:
                for name in ("web", "collector"):
                    error.add_note(f"{name}:\n{_tail(panel.log(name))}")
                raise
            finally:
                panel.close()
                running.remove(panel)

    return open_one


@pytest.fixture(scope="session")
def provider() -> Iterator[Simulator]:
    with Simulator(machines=0, calls_per_minute=0) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def panel(open_panel: OpenPanel, provider: Simulator) -> Iterator[Panel]:
    """The panel that most tests share; each has a person and machines of its own. It is never stopped."""
    with open_panel(provider.api, console=provider.console) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_unhandled_error() -> Iterator[None]:
    """Whatever a test did, no process of the panel came upon an error that nobody handles."""
    heard = {path: path.stat().st_size for panel in running for path in panel.folder.glob("*.log")}
    yield
    for panel in running:
        for path in panel.folder.glob("*.log"):
            said = path.read_bytes()[heard.get(path, 0) :].decode(errors="replace")
            assert panel.broken or "Traceback" not in said, _tail(said)
        panel.broken = False


@pytest.fixture
def fleet(panel: Panel, provider: Simulator) -> Iterator[Fleet]:
    opened = Fleet(panel, provider)
    yield opened
    provider.clear_faults()
    panel.disable(opened.user)  # else the collector goes on asking the machines of all tests, each second


@pytest.fixture
def board(fleet: Fleet, new_context: Callable[..., BrowserContext]) -> Page:
    """Three machines, and their owner looking at them."""
    fleet.add("alpha", "beta", "gamma")
    fleet.save_token()
    return fleet.enter(new_context())
