"""What people say of a machine: what is kept and written down, and that nothing is overwritten silently."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.rows import give_machine, give_token
from tests.services.board_kit import board, cards, changed, poll
from vps.access import get_machine
from vps.models import AuditEvent, Machine
from vps.services import remarks
from vps.services.remarks import mark_of, read_tags, remarks_on

NAMES = "prj-1", "vm-1"


@pytest.fixture
def web(anna: User) -> Machine:
    return give_machine(give_token(anna), machine={"name": "web-01", "product": "vm-1"})


def said(person: User) -> remarks.Remarks:
    return remarks_on(get_machine(person, *NAMES))


def lines() -> list[tuple[str, dict[str, object]]]:
    events = AuditEvent.objects.order_by("pk")
    assert {(event.person, event.product) for event in events} <= {("anna", "vm-1")}
    return [(event.code, event.detail) for event in events]


@pytest.mark.usefixtures("web")
def test_protection_comes_and_goes_and_each_is_written_down_once(anna: User) -> None:
    for protected in (True, True, False, False):
        remarks.protect(anna, *NAMES, protected)
        assert said(anna).protected is protected
    assert lines() == [("machine.protected", {}), ("machine.unprotected", {})]


@pytest.mark.usefixtures("web")
def test_the_state_that_it_should_be_in(anna: User) -> None:
    for expected in ("on", "on", "off", ""):
        remarks.expect(anna, *NAMES, expected)
        assert said(anna).expected == expected
    assert lines() == [("machine.expected", {"expected": expected}) for expected in ("on", "off", "")]


@pytest.mark.usefixtures("web")
def test_tags_of_two_people_at_once_are_all_kept(anna: User) -> None:
    remarks.set_tags(anna, *NAMES, [], ["web", "old"])
    remarks.set_tags(anna, *NAMES, ["web", "old"], ["web", "new"])
    remarks.set_tags(anna, *NAMES, ["web", "old"], ["web", "other", "new"])
    assert said(anna).tags == ("new", "other", "web")
    assert [detail for _code, detail in lines()] == [
        {"added": "old, web", "removed": ""},
        {"added": "new", "removed": "old"},
        {"added": "other", "removed": ""},
    ]


@pytest.mark.usefixtures("web")
def test_a_machine_has_so_many_tags_and_no_more(anna: User) -> None:
    many = [f"t{number:02}" for number in range(remarks.MOST_TAGS)]
    remarks.set_tags(anna, *NAMES, [], many)
    with pytest.raises(remarks.TooMany):
        remarks.set_tags(anna, *NAMES, [], ["one-more"])
    remarks.set_tags(anna, *NAMES, many, ["one-more", *many[1:]])
    assert len(said(anna).tags) == remarks.MOST_TAGS


@pytest.mark.usefixtures("web")
def test_notes_are_kept_and_the_audit_line_does_not_tell_them(anna: User) -> None:
    remarks.set_notes(anna, *NAMES, "Boots slowly.", mark_of(""))
    assert said(anna).notes == "Boots slowly."
    assert lines() == [("machine.noted", {"letters": 13})]


@pytest.mark.usefixtures("web")
def test_notes_of_somebody_else_are_not_overwritten_silently(anna: User) -> None:
    seen = said(anna).seen
    remarks.set_notes(anna, *NAMES, "theirs", seen)
    with pytest.raises(remarks.Meanwhile) as meanwhile:
        remarks.set_notes(anna, *NAMES, "mine", seen)
    assert (meanwhile.value.notes, said(anna).notes, len(lines())) == ("theirs", "theirs", 1)
    remarks.set_notes(anna, *NAMES, "theirs", seen)  # the same: nothing to save
    remarks.set_notes(anna, *NAMES, "mine", mark_of("theirs"))
    assert said(anna).notes == "mine"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("web")
def test_of_two_who_save_at_once_one_is_told_of_the_other(anna: User) -> None:
    together, seen = Barrier(2), said(anna).seen

    def save(notes: str) -> str:
        try:
            together.wait()
            remarks.set_notes(anna, *NAMES, notes, seen)
        except remarks.Meanwhile as meanwhile:
            return meanwhile.notes
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(save, ["one", "two"]))
    saved = said(anna).notes
    assert sorted(told) == ["", saved]
    assert len(lines()) == 1


@pytest.mark.usefixtures("web")
def test_who_looks_after_it_is_one_of_those_who_see_it(anna: User, ben: User) -> None:
    assert remarks.keepers(anna, *NAMES) == [(anna.pk, "anna")]
    with pytest.raises(remarks.NoKeeper):
        remarks.set_keeper(anna, *NAMES, ben.pk)
    remarks.set_keeper(anna, *NAMES, anna.pk)
    assert said(anna).keeper == "anna"
    remarks.set_keeper(anna, *NAMES, None)
    assert said(anna).keeper == ""
    assert lines() == [("machine.keeper", {"keeper": "anna"}), ("machine.keeper", {"keeper": ""})]


def test_who_is_disabled_looks_after_nothing_new(anna: User, ben: User, web: Machine) -> None:
    web.accesses.create(token=give_token(ben), how="listed", proved_at=web.first_seen)
    assert remarks.keepers(anna, *NAMES) == [(anna.pk, "anna"), (ben.pk, "ben")]
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert remarks.keepers(anna, *NAMES) == [(anna.pk, "anna")]


@pytest.mark.usefixtures("web")
def test_open_boards_get_each_change_with_their_next_poll(anna: User) -> None:
    shown = board(anna)
    remarks.protect(anna, *NAMES, True)
    told = changed(poll(anna, shown))
    assert cards(told)[0].protected
    remarks.expect(anna, *NAMES, "off")
    assert cards(changed(poll(anna, told)))[0].word == "Running · should be off"


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("", []),
        (" Web, prod;db \n web", ["web", "prod", "db"]),
        ("k8s.node_1-a", ["k8s.node_1-a"]),
        ("ÜBER", ["über"]),
        ("ｗｅｂ", ["web"]),
        ("x" * 32, ["x" * 32]),
    ],
)
def test_tags_as_they_are_typed(typed: str, tags: list[str]) -> None:
    assert read_tags(typed) == tags


@pytest.mark.parametrize("typed", ["-web", "a/b", "<b>", "x" * 33, "web, #prod", "a\0b", "tag:web", '"'])
def test_what_is_no_tag(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_tags(typed)
