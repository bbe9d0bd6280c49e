"""Every view of the board is a link."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.fleet import Fleet, card, say_state

pytestmark = pytest.mark.browser


def shown(page: Page) -> list[str]:
    return page.locator(".card h3, .vm .name").all_inner_texts()


def test_a_search_as_one_types_changes_machines_and_address_and_stays_live(fleet: Fleet, board: Page) -> None:
    box = board.get_by_role("searchbox", name="Search machines")
    box.press_sequentially("alp")
    expect(board.locator(".card")).to_have_count(1)
    expect(board).to_have_url(re.compile(r"\?q=alp$"))
    expect(box).to_be_focused()
    expect(box).to_have_value("alp")
    expect(say_state(board, "alpha")).to_have_text("Running")
    fleet.set("alpha", status="stopped")
    expect(say_state(board, "alpha")).to_have_text("Stopped")
    expect(board.locator(".card")).to_have_count(1)
    board.reload()
    assert shown(board) == ["alpha"]
    box.fill("nothing has this name")
    expect(board.get_by_role("heading", name="No machine matches “nothing has this name”")).to_be_visible()
    board.get_by_role("link", name="Show all machines").click()
    expect(board.locator(".card")).to_have_count(3)
    expect(board).to_have_url(re.compile(r"/\??$"))


def test_counts_filter_and_the_back_button_goes_back(fleet: Fleet, board: Page) -> None:
    fleet.set("beta", status="stopped")
    expect(board.get_by_role("link", name="1 Stopped")).to_be_visible()
    board.get_by_role("link", name="1 Stopped").click()
    expect(board).to_have_url(re.compile(r"\?show=stopped$"))
    expect(board.locator(".card")).to_have_count(1)
    expect(board.get_by_role("link", name="1 Stopped")).to_have_attribute("aria-current", "true")
    board.get_by_role("link", name="beta", exact=True).click()
    expect(board.get_by_role("heading", name="beta", level=1)).to_be_visible()
    board.go_back()
    expect(board).to_have_url(re.compile(r"\?show=stopped$"))
    assert shown(board) == ["beta"]
    board.go_back()
    expect(board.locator(".card")).to_have_count(3)
    expect(say_state(board, "beta")).to_have_text("Stopped")


def test_a_filtered_board_shows_the_machine_that_comes_to_match(fleet: Fleet, board: Page) -> None:
    expect(board.get_by_role("link", name="3 Running")).to_be_visible()
    board.goto(f"{fleet.panel.url}/?show=problems")
    expect(board.get_by_role("heading", name="No machine is in this state")).to_be_visible()
    fleet.provider.fault("html", product=fleet.machines["gamma"])
    expect(board.get_by_role("link", name="1 Problems")).to_be_visible()
    expect(say_state(board, "gamma")).to_have_text("Unreadable answer")
    expect(board.locator(".card")).to_have_count(1)


def test_the_table_shows_the_same_and_is_as_live(fleet: Fleet, board: Page) -> None:
    board.get_by_role("link", name="Table", exact=True).click()
    expect(board).to_have_url(re.compile(r"\?view=table$"))
    expect(board.locator(".vm")).to_have_count(3)
    expect(say_state(board, "alpha")).to_have_text("Running")
    fleet.set("alpha", cpu=64.0)
    expect(card(board, "alpha").get_by_text("65 %")).to_be_visible()
    board.get_by_role("link", name="3 Running").click()
    expect(board).to_have_url(re.compile(r"\?show=running&view=table$"))


def test_groups_are_by_project_by_token_or_none(fleet: Fleet, board: Page) -> None:
    expect(board.get_by_role("heading", name=fleet.project)).to_be_visible()
    select = board.get_by_label("Group by")
    select.select_option(label="By token")
    expect(board).to_have_url(re.compile(r"group=token"))
    expect(board.get_by_role("heading", name="Mine")).to_be_visible()
    board.get_by_label("Group by").select_option(label="No groups")
    expect(board).to_have_url(re.compile(r"group=none"))
    expect(board.get_by_role("heading", name=fleet.project)).to_have_count(0)
    expect(board.locator(".card")).to_have_count(3)


def test_two_projects_are_two_groups_those_with_problems_first(fleet: Fleet, board: Page) -> None:
    other = fleet.provider.world.add_project()
    sick = fleet.provider.add_machine(other, name="sick").product
    fields = {"name": "Other", "token": fleet.provider.mint([other]).token, "projects": other}
    assert fleet.panel.post("/tokens/add/", fleet.cookie, fields).status_code == 303
    expect(say_state(board, "sick")).to_have_text("Running")
    fleet.provider.fault("garbage", product=sick)
    expect(say_state(board, "sick")).to_have_text("Unreadable answer")
    board.reload()
    expect(board.locator(".group h2").first).to_have_text(other)
    expect(board.locator(".group").first).to_contain_text("1 machine · 1 problem")
