"""When sound was heard that is read late."""

from __future__ import annotations

import pytest

from speakdesk.pipeline.sound_clock import SoundClock


class _Loop:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.clock = SoundClock(lambda: self.now_s)

    def hear(self, at_s: float, seconds: float = 0.1) -> float:
        """The moment that a piece read at `at_s` counts as heard."""
        self.now_s = at_s
        self.clock.heard(seconds)
        return self.clock.now()


def test_sound_that_is_read_in_time_is_heard_then() -> None:
    loop = _Loop()
    times = [100 + i / 10 for i in range(20)]
    assert [loop.hear(at) for at in times] == pytest.approx(times)


def test_a_backlog_is_placed_where_it_was_heard() -> None:
    loop = _Loop()
    loop.hear(100)
    backlog = [loop.hear(102) for _ in range(20)]
    assert backlog == pytest.approx([100.1 + i / 10 for i in range(20)])
    assert loop.hear(102.1) == pytest.approx(102.1)


def test_a_second_stall_within_a_backlog_changes_nothing() -> None:
    loop = _Loop()
    loop.hear(100)
    heard = [loop.hear(101) for _ in range(5)] + [loop.hear(102) for _ in range(15)]
    assert heard == pytest.approx([100.1 + i / 10 for i in range(20)])


def test_a_pause_of_the_meeting_is_known_before_a_voice_can_be() -> None:
    loop = _Loop()
    loop.hear(100)
    loop.hear(102)
    loop.hear(102.1)
    assert loop.hear(102.2) == pytest.approx(102.2)
    # Longer than any stall: at once.
    assert loop.hear(110) == pytest.approx(110)


def test_a_new_stream_begins_in_the_present() -> None:
    loop = _Loop()
    loop.hear(100)
    loop.hear(102)
    loop.clock.restart()
    assert loop.hear(102) == pytest.approx(102)
