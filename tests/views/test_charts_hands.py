"""A machine's charts in a browser: spans, values under the pointer, by touch and by keys, and the table."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.views.boards import change
from vps.models import Machine, Reboot, Sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def path(machines: list[Machine]) -> str:
    """The page of a machine with a day of history: 10 % before half of it, 20 % since then, and a reboot."""
    machine, now = machines[0], timezone.now().replace(second=0, microsecond=0)
    Sample.objects.bulk_create(
        Sample(
            machine=machine,
            tier=60,
            time=now - timedelta(minutes=n),
            cpu=20 if n < 720 else 10,
            cpu_most=70,
            memory_percent=50,
            disk=5 * 10**9,
            up=60,
        )
        for n in range(0, 1440, 5)
    )
    Machine.objects.update(first_seen=now - timedelta(days=2))
    at = now - timedelta(hours=6)
    Reboot.objects.create(machine=machine, booted_at=at, heard_before=at, found_at=at)
    return f"/machines/{machine.project}/{machine.product}/"


def violations(page: Page) -> list[str]:
    page.evaluate(Axe().axe_script)
    found = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def test_values_are_read_by_pointer_keys_and_touch_and_stay_when_news_come(
    opened: Callable[..., Page], path: str, machines: list[Machine]
) -> None:
    page = opened(path, has_touch=True)
    page.get_by_role("link", name="24 h").click()
    expect(page).to_have_url(re.compile(r"\?span=24h$"))
    expect(page.get_by_text("24 hours, by 5 minutes")).to_be_visible()
    slider = page.get_by_role("slider", name="Read at")
    expect(slider).to_be_visible()
    cpu = page.get_by_role("img", name=re.compile("^CPU, 24 hours"))
    box = cpu.bounding_box()
    assert box is not None
    cpu.hover(position={"x": box["width"] / 4, "y": 40})
    expect(cpu).to_contain_text("10 %, highest 70 %")
    cpu.tap(position={"x": box["width"] * 3 / 4, "y": 40})
    expect(cpu).to_contain_text("20 %, highest 70 %")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(r"Running, .+; Disk 20 %; Memory 50 %; CPU 10 %")
    )
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("1")
    change(machines[0], cpu=90, checked_at=timezone.now())
    change(machines[0], word="stopped")
    expect(page.locator(".title .state")).to_have_text("Stopped", timeout=6000)
    expect(page.get_by_text("24 hours, by 5 minutes")).to_be_visible()
    expect(cpu).to_contain_text("10 %, highest 70 %")
    expect(slider).to_be_focused()
    page.get_by_text("The same as a table").click()
    expect(
        page.get_by_role("row", name=re.compile(r"20\.0 % 70\.0 % 50\.0 % 20\.0 % 100 %")).first
    ).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("Rebooted by itself or from elsewhere")
    assert violations(page) == []
