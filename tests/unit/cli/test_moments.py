"""Times as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from speakdesk.cli.moments import parse_moment

NOW = datetime(2026, 11, 20, 14, 30, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of this process cannot be set here")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 10 min", "2026-11-20T14:40:20"),
        ("in 2 h", "2026-11-20T16:30:20"),
        ("+3d", "2026-11-23T14:30:20"),
        ("16:00", "2026-11-20T15:00:00"),
        ("15:30", "2026-11-21T14:30:00"),
        ("9:05", "2026-11-21T08:05:00"),
        ("today 15:00", "2026-11-20T14:00:00"),
        ("tomorrow 9:00", "2026-11-21T08:00:00"),
        ("4:15 pm", "2026-11-20T15:15:00"),
        ("12:10 am", "2026-11-20T23:10:00"),
        ("2026-11-25T08:00", "2026-11-25T07:00:00"),
        ("2026-07-01 08:00", "2026-07-01T06:00:00"),
        ("2026-11-25T08:00:00Z", "2026-11-25T08:00:00"),
        ("2026-11-25T08:00+05:30", "2026-11-25T02:30:00"),
    ],
)
def test_a_time_is_understood(text: str, expected: str) -> None:
    assert parse_moment(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "15:75", "in a while", "32.11.2026"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        parse_moment(text, NOW)
