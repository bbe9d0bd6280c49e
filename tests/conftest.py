"""What every test may ask for. The settings, and the environment behind them, are in tests/settings.py."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from unittest import mock

import hypothesis
import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core.cache import caches
from django.http import HttpRequest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright
from pytest_django import Settings

from tests.audit_reset import flushed_with_the_rest
from tests.matrix_spy import Spy, watching
from tests.matrix_world import World, give_world

# A property is held or not; how long a busy machine takes to show it is no finding.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")

# Playwright's event loop runs in the tests' own thread, where Django would refuse to ask the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The shell is the same Chromium without the windows' own pages, which take a third of its time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct-horse-battery"
SKIPPED = 7  # the exit code where tests were skipped, and perhaps failed too


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must be there (REQUIRE_ALL=1), a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_ALL") == "1" and reporter and reporter.stats.get("skipped"):
        reporter.write_line("Tests were skipped, which REQUIRE_ALL=1 forbids.", red=True)
        session.exitstatus = SKIPPED


def pytest_collection_finish() -> None:
    """Thousands of collected tests live as long as the process: no garbage collection needs to walk them, and with
    fewer collections a run needs some 6 % less of the processor."""
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(scope="session", autouse=True)
def audit_lines_go_with_the_rest() -> Iterator[None]:
    with flushed_with_the_rest():
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_written_after_a_flush() -> Iterator[None]:
    """Each test with transactions ends in a flush, and that in content types and permissions, which nothing reads."""
    with mock.patch("django.core.management.commands.flush.emit_post_migrate_signal"):
        yield


@pytest.fixture(scope="session", autouse=True)
def plans_outlive_rollbacks() -> Iterator[None]:
    """Most tests end in a rollback, for which PostgreSQL's driver forgets the statements it keeps: planning them anew
    takes longer than the tests. It forgets them in case a table was dropped and made again, which no test does."""
    with mock.patch("psycopg._preparing.PrepareManager.clear", return_value=False):
        yield


@pytest.fixture(autouse=True)
def no_drawn_cards() -> None:
    """Another test's rows have the same ids and revisions."""
    caches["fragments"].clear()


@pytest.fixture(scope="session", autouse=True)
def signing_in_without_the_form_counts() -> Iterator[None]:
    """Who is signed in by `force_login` has said lately who they are, as who signs in by the form."""

    def note(request: HttpRequest, user: User, **rest: object) -> None:
        if request.method is None:  # no browser asked
            record_authentication(request, user, "password")

    user_logged_in.connect(note, weak=False)
    yield
    user_logged_in.disconnect(note)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes people who can sign in with PASSWORD."""

    def make(name: str = "anna", **fields: object) -> User:
        fields.setdefault("email", f"{name}@example.org")
        return User.objects.create_user(name, password=PASSWORD, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def anna(person: Callable[..., User]) -> User:
    return person("anna")


@pytest.fixture
def signed_in(anna: User) -> Client:
    """A client in which Anna is signed in."""
    client = Client()
    client.force_login(anna)
    return client


def forget_who_it_is(client: Client) -> Client:
    """Whoever sits there has not said for long who they are."""
    session = client.session
    session.pop("account_authentication_methods", None)
    session.save()
    return client


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Twelve people, two teams and a shared machine: what the authorization matrix is about."""
    settings.VPS_CONSOLE_URL = "wss://console.example.net"
    return give_world()


@pytest.fixture
def spy(world: World) -> Iterator[Spy]:
    """What is asked of the provider, who is out of reach, and what is written, once the world is there."""
    with watching() as spy:
        yield spy


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("There is no Chromium here: browser tests need one (apt install chromium).")
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
    yield running
    running.close()


class Complaints(list[str]):
    """What a page said on its console that no healthy page says: script errors and CSP reports."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def expect(self, part: str) -> None:
        """A refusal that the test provokes: Chromium logs each 403, 409 or 503 that a fetch gets."""
        self.expected.append(part)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"{message.type}: {message.text}")

    def watch(self, page: Page) -> None:
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.append(f"script: {error}"))

    def unexpected(self) -> list[str]:
        return [line for line in self if not any(part in line for part in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def new_context(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., BrowserContext]]:
    """Opens fresh browser profiles; every page in them is watched, and a complaint fails the test."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.on("page", complaints.watch)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()
