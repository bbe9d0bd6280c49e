"""Every view of the board is a link, and a link that makes no sense is the whole board."""

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from vps.services.address import GROUPS, MOST, PAGE, SHOWS, VIEWS, View, read_view

VIEWS_THERE_ARE = st.builds(
    View,
    q=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=150).map(str.strip),
    show=st.sampled_from(SHOWS),
    group=st.sampled_from(GROUPS),
    view=st.sampled_from(VIEWS),
    more=st.sampled_from([PAGE, 2 * PAGE, MOST]),
)


@given(VIEWS_THERE_ARE)
def test_a_link_leads_back_to_its_view(view: View) -> None:
    assert read_view(QueryDict(view.address().removeprefix("?"))) == view


def test_what_is_usual_is_left_out() -> None:
    assert View().address() == "?"
    assert View(show="problems", more=1000).address(more=PAGE, view="table") == "?show=problems&view=table"


@given(st.dictionaries(st.sampled_from(["q", "show", "group", "view", "more"]), st.text()))
def test_whatever_is_asked_for_the_view_is_one_that_there_is(query: dict[str, str]) -> None:
    view = read_view(query)
    assert (view.show in SHOWS, view.group in GROUPS, view.view in VIEWS) == (True, True, True)
    assert PAGE <= view.more <= MOST
    assert len(view.q) <= 200
    assert "\0" not in view.q


def test_nonsense_is_as_if_it_were_not_there() -> None:
    for more in ("", "0", "-1", "499", "1e3", "٩٩٩", "9" * 50, "1000 "):
        assert read_view({"more": more}).more == PAGE
    assert read_view({"show": "all", "group": "PROJECT", "view": "<b>"}) == View()
    assert read_view({"more": "999999"}).more == MOST
