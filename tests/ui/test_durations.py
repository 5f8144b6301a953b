"""Times as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.ui.durations import duration_text, parse_duration, range_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 600),
        ("2.5", 150),
        ("2,5 min", 150),
        ("90 s", 90),
        ("90sec", 90),
        (" 1 H ", 3600),
        ("3 minutes", 180),
        ("0", 0),
    ],
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "-1", "1:30", "5 days", "1e3", "∞"])
def test_anything_else_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="Write minutes"):
        parse_duration(text)


@given(st.integers(0, 100_000))
def test_what_is_written_is_read_again(seconds: int) -> None:
    assert parse_duration(duration_text(seconds)) == seconds


def test_a_range_names_its_unit_once() -> None:
    assert range_words(120, 1800) == "2 to 30 min"
    assert range_words(300, 3600, " and ") == "5 min and 1 h"
