"""Lengths of time, moments and states in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from speakdesk.app.bots.words import advice_of, clock_words, slept_words, span
from speakdesk.providers.meetingbaas.statuses import STATUSES, status_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (40, "40 seconds"),
        (120, "2 minutes"),
        (3720, "62 minutes"),
        (7300, "2 hours"),
    ],
)
def test_a_span_is_said_in_its_natural_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_moment_of_another_day_names_the_day() -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert ", " not in clock_words(now + timedelta(minutes=5), now)
    assert ", " in clock_words(now + timedelta(days=3), now)


@pytest.mark.parametrize(
    ("raw", "advice"),
    [
        ("in_waiting_room", "Ask the host to let it in."),
        ("in_waiting_for_host", "Ask the host to start it."),
        ("in_call_not_recording", "On Zoom the host may have to allow recording."),
        ("in_call_recording", ""),
        ("joining_call", ""),
        ("something_new", ""),
    ],
)
def test_advice_is_only_what_a_person_can_do(raw: str, advice: str) -> None:
    assert advice_of(status_of(raw)) == advice


def test_a_delay_is_worth_telling_while_the_bot_joins() -> None:
    assert advice_of(status_of("pickup_delayed")) == STATUSES["pickup_delayed"].next_step


def test_a_cause_tells_that_the_computer_slept() -> None:
    assert slept_words("the call ended", 0) == "the call ended"
    words = slept_words("The call ended.", 3600)
    assert words == "The call ended, while this computer slept for 60 minutes"
