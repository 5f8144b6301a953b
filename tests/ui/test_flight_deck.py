"""Playing a recording: what reaches the speakers, at which speed, and where time is meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtTest import QSignalSpy

from speakdesk.ui.player import speakers as speakers_module
from speakdesk.ui.player.deck import Deck
from speakdesk.ui.player.feed import Feed
from speakdesk.ui.player.stretch import Stretcher
from speakdesk.ui.player.time_scale import FINEST_STEP_S, TimeScale
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.theme import Look
from tests.ui.conftest import Run, until

RATE_HZ = 8000
ROOM = 1600


class Tone:
    """Four seconds: the meeting is a tone of 200 Hz, the bot one of 500 Hz."""

    rate_hz = RATE_HZ
    duration_s = 4.0

    def __init__(self) -> None:
        time_s = np.arange(round(self.duration_s * RATE_HZ)) / RATE_HZ
        voices = [np.sin(2 * np.pi * pitch_hz * time_s) for pitch_hz in (200, 500)]
        self.all = (np.stack(voices, axis=1) * 9000).astype(np.int16)

    def sound(self, first: int, count: int) -> npt.NDArray[np.int16]:
        return self.all[first : first + count]


class FakeSpeakers:
    """Speakers that play when told to."""

    def __init__(self, rate_hz: int = RATE_HZ, failure: str = "") -> None:
        self.rate_hz = rate_hz
        self.failure = failure
        self.is_open = not failure
        self.unheard = 0
        self.heard: list[npt.NDArray[np.float32]] = []

    @property
    def free(self) -> int:
        return ROOM - self.unheard

    def write(self, mono: npt.NDArray[np.float32]) -> None:
        assert len(mono) <= self.free
        self.heard.append(mono)
        self.unheard += len(mono)

    def play(self, samples: int) -> None:
        self.unheard = max(0, self.unheard - samples)

    def stop(self) -> None:
        self.is_open = False

    @property
    def sound(self) -> npt.NDArray[np.float32]:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.float32)


@pytest.fixture
def speakers() -> FakeSpeakers:
    return FakeSpeakers()


@pytest.fixture
def deck(tasks: Tasks, speakers: FakeSpeakers, run: Run) -> Iterator[Deck]:
    made = Deck(tasks, lambda: "", lambda _rate_hz: speakers)
    made.load(Tone())
    yield made
    made.load(None)
    run(tasks.aclose())
    made.deleteLater()


def pitch_hz(sound: npt.NDArray[np.float32], rate_hz: int = RATE_HZ) -> float:
    return (
        float(np.argmax(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))) * rate_hz / len(sound)
    )


async def play_all(deck: Deck, speakers: FakeSpeakers) -> None:
    def _play() -> bool:
        speakers.play(400)
        return not deck.is_playing

    await until(_play)


def test_everything_is_heard_once_and_in_order(
    deck: Deck, speakers: FakeSpeakers, run: Run
) -> None:
    deck.play()
    run(play_all(deck, speakers))
    expected = Tone().all.astype(np.float32).sum(axis=1) / 32768
    assert len(speakers.sound) == len(expected)
    assert np.allclose(speakers.sound, expected, atol=1e-5)
    assert deck.position_s == 4.0


def test_time_is_what_is_heard_and_not_what_is_written(
    deck: Deck, speakers: FakeSpeakers, run: Run
) -> None:
    deck.seek(1.0)
    deck.play()
    run(until(lambda: speakers.unheard == ROOM))
    deck._on_tick()
    assert deck.position_s == 1.0
    speakers.play(800)
    deck._on_tick()
    assert deck.position_s == pytest.approx(1.1)


def test_it_stops_at_the_end_and_begins_again(deck: Deck, speakers: FakeSpeakers, run: Run) -> None:
    deck.seek(3.9)
    deck.play()
    run(play_all(deck, speakers))
    assert (deck.is_playing, deck.position_s) == (False, 4.0)
    speakers.is_open = True
    speakers.heard.clear()
    deck.toggle()
    run(until(lambda: speakers.heard))
    assert deck.is_playing
    assert deck.position_s < 1.0


def test_a_side_can_be_muted_and_made_quieter(deck: Deck, speakers: FakeSpeakers, run: Run) -> None:
    deck.set_muted(0, True)
    deck.set_gain(1, 0.5)
    deck.play()
    run(until(lambda: speakers.unheard == ROOM))
    own = Tone().all[:ROOM, 1].astype(np.float32) / 32768 / 2
    assert np.allclose(speakers.sound, own, atol=1e-5)
    assert (deck.gain(0), deck.gain(1)) == (0.0, 0.5)
    deck.set_muted(0, False)
    deck.set_gain(1, 7)
    assert (deck.gain(0), deck.gain(1)) == (1.0, 1.0)


def test_a_jump_while_it_plays_goes_on_there(deck: Deck, speakers: FakeSpeakers, run: Run) -> None:
    deck.play()
    run(until(lambda: speakers.unheard == ROOM))
    deck.seek(3.0)
    speakers.heard.clear()
    before = speakers.unheard
    deck._on_tick()
    assert deck.position_s == 3.0
    speakers.play(before)
    run(until(lambda: speakers.heard))
    expected = Tone().all[3 * RATE_HZ :].astype(np.float32).sum(axis=1) / 32768
    assert np.allclose(speakers.sound, expected[: len(speakers.sound)], atol=1e-5)
    assert deck.is_playing


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_another_speed_keeps_the_pitch(
    deck: Deck, speakers: FakeSpeakers, run: Run, speed: float
) -> None:
    deck.set_speed(speed)
    deck.set_muted(1, True)
    deck.play()
    run(play_all(deck, speakers))
    sound = speakers.sound
    assert len(sound) / RATE_HZ == pytest.approx(4.0 / speed, abs=0.06)
    assert pitch_hz(sound) == pytest.approx(200, abs=2)
    assert np.abs(sound[800:-800]).max() == pytest.approx(9000 / 32768, rel=0.03)
    assert deck.position_s == 4.0


def test_speakers_of_another_rate_get_their_rate(tasks: Tasks, run: Run) -> None:
    speakers = FakeSpeakers(48000)
    deck = Deck(tasks, lambda: "", lambda _rate_hz: speakers)
    deck.load(Tone())
    deck.set_muted(0, True)
    deck.seek(3.0)
    deck.play()

    def _play() -> bool:
        speakers.play(4000)
        return not deck.is_playing

    run(until(_play))
    assert len(speakers.sound) / 48000 == pytest.approx(1.0, abs=0.01)
    assert pitch_hz(speakers.sound, 48000) == pytest.approx(500, abs=2)
    run(tasks.aclose())
    deck.deleteLater()


def test_without_speakers_time_runs_and_it_says_so(tasks: Tasks, run: Run) -> None:
    none = FakeSpeakers(failure="No speakers were found, so the recording runs without sound.")
    deck = Deck(tasks, lambda: "", lambda _rate_hz: none)
    deck.load(Tone())
    moved = QSignalSpy(deck.moved)
    deck.play()
    run(until(lambda: deck.position_s > 0.05))
    assert deck.sentence == none.failure
    assert moved.count() > 1
    deck.seek(3.99)
    run(until(lambda: not deck.is_playing))
    assert deck.position_s == 4.0
    run(tasks.aclose())
    deck.deleteLater()


def test_speakers_that_are_unplugged_leave_the_time_running(
    deck: Deck, speakers: FakeSpeakers, run: Run
) -> None:
    deck.play()
    run(until(lambda: speakers.unheard == ROOM))
    speakers.is_open = False
    speakers.failure = "The speakers were lost, so the recording runs without sound."
    run(until(lambda: deck.sentence == speakers.failure))
    at_s = deck.position_s
    run(until(lambda: deck.position_s > at_s))
    assert deck.is_playing


def test_a_pause_is_silent_at_once(deck: Deck, speakers: FakeSpeakers, run: Run) -> None:
    deck.play()
    run(until(lambda: speakers.unheard == ROOM))
    deck.pause()
    assert not speakers.is_open
    assert not deck._timer.isActive()


def test_a_computer_without_speakers_says_so(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers_module.QMediaDevices, "audioOutputs", list)
    none = speakers_module.Speakers("", RATE_HZ)
    assert not none.is_open
    assert none.failure == "No speakers were found, so the recording runs without sound."
    assert (none.rate_hz, none.free, none.unheard) == (0, 0, 0)
    none.write(np.zeros(10, np.float32))
    none.stop()


def test_a_feed_at_its_end_gives_nothing() -> None:
    feed = Feed(Tone(), 4.0, 1.0, RATE_HZ)
    assert feed.is_over
    assert feed.next_block().shape == (0, 2)


def test_silence_is_stretched_as_silence() -> None:
    stretcher = Stretcher(RATE_HZ, 1.5)
    out = stretcher.feed(np.zeros((RATE_HZ, 2), np.float32), is_last=True)
    assert len(out) / RATE_HZ == pytest.approx(1 / 1.5, abs=0.05)
    assert not out.any()


def test_both_sides_are_stretched_in_step() -> None:
    """A click in both sides at one moment stays at one moment."""
    sound = np.random.default_rng(3).normal(0, 0.01, (RATE_HZ * 2, 2)).astype(np.float32)
    sound[RATE_HZ] = 1.0
    stretcher = Stretcher(RATE_HZ, 0.75)
    parts = [
        stretcher.feed(sound[n : n + 500], is_last=n + 500 >= len(sound))
        for n in range(0, len(sound), 500)
    ]
    out = np.concatenate(parts)
    clicks = [np.flatnonzero(out[:, side] > 0.3) for side in (0, 1)]
    assert len(clicks[0]) >= 1
    assert np.array_equal(clicks[0], clicks[1])


@pytest.fixture
def time() -> TimeScale:
    made = TimeScale()
    made.set_width(1000)
    made.set_duration(7200.0)
    return made


def test_all_is_in_sight_at_first(time: TimeScale) -> None:
    assert (time.left_s, time.right_s) == (0.0, 7200.0)
    assert time.s_of(time.x_of(1234.0)) == pytest.approx(1234.0)


def test_zooming_keeps_the_moment_under_the_mouse(time: TimeScale) -> None:
    x = time.x_of(3000.0)
    time.zoom(6, 3000.0)
    assert time.x_of(3000.0) == pytest.approx(x)
    assert time.shown_s < 7200.0
    time.zoom(-60, 3000.0)
    assert (time.left_s, time.right_s) == (0.0, 7200.0)
    time.zoom(600, 3000.0)
    assert time.step_s == FINEST_STEP_S


def test_the_view_never_leaves_the_recording(time: TimeScale) -> None:
    time.show(60.0, 0.0)
    assert (time.left_s, round(time.right_s)) == (0.0, 60)
    time.scroll(1e9)
    assert round(time.right_s) == 7200
    time.scroll(-1e9)
    assert time.left_s == 0.0


def test_a_moment_out_of_sight_is_turned_to(time: TimeScale) -> None:
    time.show(60.0, 100.0)
    assert not time.reveal(100.0)
    assert time.reveal(500.0)
    assert time.left_s == pytest.approx(494.0)


def test_another_width_keeps_what_is_seen(time: TimeScale) -> None:
    time.set_width(500)
    assert time.shown_s == pytest.approx(7200.0)
    time.show(50.0, 100.0)
    time.set_width(1000)
    assert time.shown_s == pytest.approx(100.0)


@pytest.mark.parametrize(("step_s", "tick_s"), [(0.001, 0.1), (0.05, 5), (7.2, 1200), (99.0, 7200)])
def test_marks_are_round(time: TimeScale, step_s: float, tick_s: float) -> None:
    time.step_s = step_s
    assert time.tick_s == tick_s
