"""What one socket may send: all the audio there is, a backlog at once, and no flood."""

from __future__ import annotations

from speakdesk.gateway.flow import BYTES_AT_ONCE, MESSAGES_AT_ONCE, Flow

HOUR_S = 3600


def test_the_busiest_honest_bot_passes_for_an_hour() -> None:
    flow = Flow()
    frames_per_s = 48_000 / 256
    assert all(flow.admits(512, n / frames_per_s) for n in range(int(60 * frames_per_s)))
    assert flow.admits(9600, HOUR_S)


def test_half_a_minute_of_backlog_passes_at_once() -> None:
    flow = Flow()
    assert all(flow.admits(512, 10.0) for _ in range(int(30 * 48_000 / 256)))


def test_a_flood_of_messages_does_not_pass() -> None:
    flow = Flow()
    admitted = [flow.admits(1, 0.0) for _ in range(int(MESSAGES_AT_ONCE) + 1)]
    assert all(admitted[:-1])
    assert not admitted[-1]


def test_a_flood_of_bytes_does_not_pass() -> None:
    flow = Flow()
    megabyte = 1 << 20
    admitted = [flow.admits(megabyte, n / 100) for n in range(int(BYTES_AT_ONCE) // megabyte + 5)]
    assert admitted[0]
    assert not admitted[-1]


def test_time_makes_room_again() -> None:
    flow = Flow(messages_per_s=10, messages_at_once=5)
    assert [flow.admits(1, 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert flow.admits(1, 1.0)


def test_a_clock_that_stands_still_or_jumps_back_makes_no_room() -> None:
    flow = Flow(messages_per_s=10, messages_at_once=2)
    assert [flow.admits(1, at) for at in (5.0, 4.0, 5.0)] == [True, True, False]
