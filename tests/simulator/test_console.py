"""The console: tickets that open once, a screen that answers keys, and input that is bounded."""

import struct

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.simulator.conftest import Caller, Clock
from tests.simulator.vnc import ALT, CONTROL, DELETE, ENTER, Viewer, open_screen, take_ticket
from vps.rfb.pixels import USUAL
from vps.simulator.screen import Terminal


def rows_that_differ(viewer: Viewer) -> set[int]:
    return {area.y // Terminal.band for area in viewer.look()}


def refusal(url: str) -> int:
    with pytest.raises(InvalidStatus) as refused, Viewer(url):
        pass
    return refused.value.response.status_code


def shown(caller: Caller) -> list[str]:
    """The text of the machine's screen, from behind."""
    text = caller.sim.window.terminal(caller.sim.machine(caller.product)).text()
    assert text is not None
    return [line.rstrip() for line in text if line.strip()]


def test_a_ticket_and_its_secret_open_the_screen(caller: Caller) -> None:
    url, password = take_ticket(caller)
    with Viewer(url) as viewer:
        assert viewer.authenticate(password) == ""
        assert viewer.start() == caller.sim.machine(caller.product).name
        first = viewer.look(incremental=False)
        assert sum(area.height for area in first) == viewer.height
        assert any(any(area.pixels) for area in first)


def test_a_wrong_secret_is_refused(caller: Caller) -> None:
    url, password = take_ticket(caller)
    with Viewer(url) as viewer:
        assert viewer.authenticate(password[::-1]) == "Authentication failed"
        with pytest.raises(ConnectionClosed):
            viewer.read(1)


def test_a_ticket_serves_one_connection(caller: Caller) -> None:
    url, _ = take_ticket(caller)
    with Viewer(url):
        assert refusal(url) == 403


def test_a_ticket_lives_45_seconds(caller: Caller, clock: Clock) -> None:
    early, late = take_ticket(caller)[0], take_ticket(caller)[0]
    clock.advance(44)
    with Viewer(early):
        pass
    clock.advance(1)
    assert refusal(late) == 403


def test_a_ticket_opens_no_other_machine(caller: Caller) -> None:
    other = caller.sim.projects[caller.project][1]
    url, _ = take_ticket(caller)
    assert refusal(url.replace(caller.product, other)) == 403
    assert refusal(url) == 403  # the attempt used it up


def test_a_machine_that_is_off_has_no_console(caller: Caller) -> None:
    caller.power("kill")
    assert caller.call("console").status_code == 400


def test_keys_show_at_the_prompt_and_nowhere_else(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        prompt = len(caller.sim.window.terminal(caller.sim.machine(caller.product)).lines()) - 1
        viewer.press(ord("x"))
        assert rows_that_differ(viewer) == {prompt}
    assert shown(caller)[-1].endswith("login: x_")


def test_a_password_is_not_shown_and_commands_are_answered(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        for typed in ("root", "hidden", "uptime"):
            viewer.type(typed)
            viewer.press(ENTER)
        while not shown(caller)[-2].startswith("up "):
            viewer.look()
    assert shown(caller)[-2] == "up 5000 seconds"
    assert not [line for line in shown(caller) if "hidden" in line]


def test_the_clipboard_goes_both_ways(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        viewer.socket.send(struct.pack(">B3xI", 6, 4) + b"from")
        for typed in ("root", "hidden", "paste", "copy it here"):
            viewer.type(typed)
            viewer.press(ENTER)
        viewer.ask(incremental=True)
        assert viewer.hear() == "it here"
    assert shown(caller)[-3] == "from"


def test_an_incremental_look_waits_for_a_change(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        viewer.ask(incremental=True)
        viewer.press(ord("y"))
        assert len(viewer.receive()) == 1
        whole = viewer.look(incremental=False)
        assert sum(area.height for area in whole) == viewer.height


def test_control_alt_delete_reboots_the_machine(caller: Caller, clock: Clock) -> None:
    with open_screen(caller) as viewer:
        viewer.press(CONTROL, ALT, DELETE)
        viewer.look()
        assert shown(caller)[-1] == "*** The system will reboot now. ***"
        assert caller.uptime() == 5000
        clock.advance(4)
        viewer.look()
        assert caller.uptime() == 0
        assert shown(caller) == ["SeaBIOS (version 1.16.2)"]
        clock.advance(60)
        viewer.look()
        assert shown(caller)[-1].endswith("login: _")


def test_delete_alone_reboots_nothing(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        viewer.press(CONTROL, DELETE)
        viewer.press(ord("z"))
        viewer.look()
    assert caller.sim.machine(caller.product).moving is None


def test_a_power_cut_ends_the_session(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        viewer.ask(incremental=True)
        caller.power("kill")
        with pytest.raises(ConnectionClosed):
            viewer.read(1)


def test_the_viewers_pixel_format_is_honoured(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        usual = viewer.look(incremental=False)[0].pixels
        red_first = USUAL._replace(red_shift=0, blue_shift=16)
        viewer.socket.send(b"\0\0\0\0" + red_first.to_bytes())
        turned = viewer.look(incremental=False)[0].pixels
        assert turned[0::4] == usual[2::4] != usual[0::4]
        viewer.socket.send(b"\0\0\0\0" + USUAL._replace(bits=8, true_colour=0).to_bytes())
        head = struct.unpack(">BxHH", viewer.read(6))
        assert head == (1, 0, 256)
        viewer.read(6 * 256)
        viewer.pixel_size = 1
        assert set(viewer.look(incremental=False)[0].pixels) == {0, 255}


@pytest.mark.parametrize(
    "said",
    [
        struct.pack(">B3xI", 6, 0xFFFFFFFF),
        struct.pack(">BxH", 2, 0xFFFF),
        b"\0\0\0\0" + USUAL._replace(bits=31).to_bytes(),
        b"\xee",
        "text",
    ],
)
def test_too_much_or_nonsense_ends_the_session(caller: Caller, said: str | bytes) -> None:
    with open_screen(caller) as viewer:
        viewer.socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            viewer.read(1)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1002
    assert caller.call("status").status_code == 200


def test_a_message_of_more_than_a_megabyte_is_not_taken(caller: Caller) -> None:
    with open_screen(caller) as viewer:
        viewer.socket.send(bytes((1 << 20) + 1))
        with pytest.raises(ConnectionClosed) as closed:
            viewer.read(1)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
