"""The bench's own sums: what it calls late, silent, within limits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.bench.figures import Figure, median, percentile
from tests.bench.line import Answer, Turn
from tests.bench.speech import FRAME_BYTES, Utterance, is_loud


def test_audio_that_comes_ahead_of_the_listener_is_never_late() -> None:
    answer = Answer(10.0)
    for number in range(5):
        answer.take(10.0 + number * 0.02, 0.1)

    assert answer.worst_late_s == 0
    assert answer.plays_until == pytest.approx(10.5)


def test_a_gap_that_a_listener_hears_is_late_by_its_length() -> None:
    answer = Answer(10.0)
    answer.take(10.0, 0.1)
    answer.take(10.16, 0.1)

    assert answer.worst_late_s == pytest.approx(0.06)
    assert answer.plays_until == pytest.approx(10.26)


def test_latency_runs_from_the_end_of_speech_to_the_first_audible_piece() -> None:
    assert Turn(1.0, 2.0, Answer(2.4)).latency_s == pytest.approx(0.4)
    assert Turn(1.0, 2.0).latency_s is None


def test_the_last_frame_of_speech_is_filled_up() -> None:
    frames = Utterance(bytes(FRAME_BYTES + 2), 0.0, 0.1).frames()

    assert [len(frame) for frame in frames] == [FRAME_BYTES, FRAME_BYTES]


def test_only_audible_samples_are_loud() -> None:
    assert not is_loud(b"")
    assert not is_loud(bytes(640))
    assert is_loud(np.full(320, -32768, np.int16).tobytes())


@pytest.mark.parametrize(
    ("limits", "limit", "ok"),
    [
        ("value", 12.0, True),
        ("value", 11.9, False),
        ("ratio", 1.2, True),
        ("ratio", 1.1, False),
        ("difference", 2.0, True),
        ("difference", 1.9, False),
    ],
)
def test_a_limit_bounds_what_it_says(limits: str, limit: float, ok: bool) -> None:
    assert Figure("x", 12.0, "ms", 10.0, limit, limits).ok is ok


def test_a_figure_that_could_not_be_measured_is_neither_good_nor_bad() -> None:
    assert Figure("x", None, "ms", 10.0, 1.0, "ratio").ok is None


def test_a_figure_is_one_line_of_json() -> None:
    line = Figure("x", 12.0, "ms", 10.0).to_line()

    assert json.loads(line) == {
        "name": "x",
        "value": 12.0,
        "unit": "ms",
        "baseline": 10.0,
        "ratio": 1.2,
    }


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(1, 101)]

    assert percentile(values, 95) == 95
    assert percentile(values, 99) == 99
    assert percentile([], 50) is None
    assert median([]) is None
