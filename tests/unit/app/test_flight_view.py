"""A recording as the player sees it, and parts of it written for other programs."""

from __future__ import annotations

import asyncio
import threading
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speakdesk.app.flight import export as flight_export
from speakdesk.app.flight.export import ExportKind, Span, export_flight
from speakdesk.app.flight.peaks import FINEST_S, columns_of
from speakdesk.app.flight.story import SocketChange
from speakdesk.app.flight.view import FlightView, Side
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import StoreError
from speakdesk.store.flight.editing import write_flight
from speakdesk.store.flight.format import AudioDiscarded, AudioIn, AudioOut, Ended, Header
from speakdesk.store.flight.reader import FlightFile
from speakdesk.store.flight.sound import Sound
from tests.fixtures.long_flight import write_long_flight

RATE_HZ = 16000


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flight") / "minute.speakdesk"
    write_long_flight(path, 61.0)
    return path


@pytest.fixture
async def view(minute: Path) -> Any:
    made = await FlightView.open(minute)
    yield made
    made.close()


def nothing(_done: float) -> None:
    """Progress that nobody looks at."""


def half_of(path: Path, out: Path) -> Path:
    data = path.read_bytes()
    out.write_bytes(data[: len(data) // 2])
    return out


def damaged_twice(path: Path, out: Path) -> Path:
    data = bytearray(path.read_bytes())
    with FlightFile.open(path) as flight:
        frames = [f for f in flight._frames if f.kind == 3 and 20 <= f.at_s < 40]
    for frame in (frames[0], frames[-1]):
        data[frame.offset + 4] ^= 0xFF
    out.write_bytes(data)
    return out


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_the_story_lies_on_the_recordings_clock(view: FlightView) -> None:
    story = await view.load_story()
    assert [line.speaker for line in story.lines[:3]] == ["Priya", "Ada", "Priya"]
    assert [line.since_s for line in story.lines[:3]] == [0.0, 5.0, 12.0]
    assert [(s.state, s.since_s, s.until_s) for s in story.states] == [
        (BotState.JOINING, 0.0, 0.4),
        (BotState.LOBBY, 0.4, 2.0),
        (BotState.IN_CALL, 2.0, 61.0),
    ]
    [cut] = story.interruptions
    assert (cut.at_s, cut.since_s, round(cut.discarded_s, 3)) == (58.9, 59.0, 0.5)
    assert [(s.since_s, s.until_s, s.is_lost) for s in story.sockets] == [
        (0.0, 30.5, True),
        (33.5, 61.0, False),
    ]
    closed = story.socket_records[1]
    assert (closed.change, closed.code, closed.reason) == (SocketChange.CLOSED, 1006, "lost")
    first = story.timed[0]
    assert (first.at_s, round(first.since_s, 3), first.turn.turn) == (5.0, 4.06, 1)


async def test_two_interruptions_may_keep_back_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "twice.speakdesk"
    half = Sound.pack(np.full(8000, 900, np.int16), RATE_HZ)
    kept_back = [
        AudioDiscarded(1.0, half, 1.0),
        AudioDiscarded(1.2, half, 1.2),
        AudioDiscarded(1.5, half, 1.0),
        AudioDiscarded(1.7, half, 1.2),
    ]
    write_flight([Header("test", ""), *kept_back, Ended(3.0)], path)
    view = await FlightView.open(path)
    found = (await view.load_story()).interruptions
    view.close()
    assert [(cut.at_s, round(cut.discarded_s, 3)) for cut in found] == [(1.0, 1.0), (1.2, 1.0)]


async def test_turns_are_found_from_anywhere(view: FlightView) -> None:
    story = await view.load_story()
    assert [turn.since_s for turn in story.turns[:3]] == [0.0, 12.0, 24.0]
    assert story.turn_after(0.0) == 12.0
    assert story.turn_after(60.0) is None
    assert story.turn_before(30.0) == 24.0
    assert story.turn_before(24.3) == 12.0
    assert story.turn_before(0.5) is None


async def test_the_shape_is_that_of_the_sound(view: FlightView) -> None:
    peaks = await view.load_peaks()
    for side in (Side.MEETING, Side.BOT):
        samples = view.flight.audio(side, 0.0, 60.0)
        exact = columns_of(samples, 60)
        drawn = peaks.columns(side, 0.0, 1.0, 60)
        assert drawn.shape == (60, 2)
        assert np.abs(drawn - exact).max() <= 1.01 / 128


async def test_the_beginning_is_known_before_the_rest(view: FlightView) -> None:
    first = await view.load_first_peaks(20.0)
    whole = await view.load_peaks()
    for side in Side:
        # The whole is read with its peaks spread over their neighbours.
        begun, all_of_it = (p.columns(side, 0.0, 0.1, 195) for p in (first, whole))
        assert (np.abs(begun) <= np.abs(all_of_it)).all()
        assert np.abs(begun).max() == np.abs(all_of_it).max()
        assert np.count_nonzero(begun) >= 0.9 * np.count_nonzero(all_of_it)
    assert first.columns(Side.BOT, 5.0, 1.0, 1).any()
    assert not first.columns(Side.MEETING, 24.0, 1.0, 4).any()


async def test_columns_reach_over_both_ends_as_silence(view: FlightView) -> None:
    peaks = await view.load_peaks()
    assert not peaks.columns(Side.MEETING, -10.0, 1.0, 9).any()
    assert not peaks.columns(Side.MEETING, 70.0, 1.0, 9).any()
    assert peaks.columns(Side.MEETING, -1.0, 1.0, 3)[:, 1].tolist()[0] == 0.0
    assert peaks.columns(Side.MEETING, -1.0, 1.0, 3)[1, 1] > 0
    assert peaks.columns(Side.MEETING, 0.0, 1.0, 0).shape == (0, 2)


@pytest.mark.parametrize("step_s", [0.001, 0.013, FINEST_S, 0.2, 7.3])
async def test_columns_do_not_depend_on_where_one_begins(view: FlightView, step_s: float) -> None:
    peaks = await view.load_peaks()
    whole = peaks.columns(Side.BOT, 0.0, step_s, 200)
    later = peaks.columns(Side.BOT, 100 * step_s, step_s, 100)
    assert np.array_equal(whole[100:], later)


async def test_narrow_columns_come_from_the_samples(view: FlightView) -> None:
    fine = view.fine_columns(Side.MEETING, 1.0, 0.002, 100)
    samples = view.flight.audio(Side.MEETING, 1.0, 1.2).astype(np.float32) / 32768
    assert fine[:, 1].max() == pytest.approx(samples.max())
    assert fine[:, 0].min() == pytest.approx(samples.min())
    assert not columns_of(np.zeros(0, np.int16), 4).any()


async def test_parts_of_the_sound_can_be_joined(view: FlightView) -> None:
    whole = view.sound(0, 3 * RATE_HZ)
    sizes = (7, 16000, 123, 31870)
    begins = np.cumsum((0, *sizes))[:-1]
    parts = [view.sound(int(b), n) for b, n in zip(begins, sizes, strict=True)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(whole[:, 0], view.flight.audio(Side.MEETING, 0.0, 3.0))


async def test_parts_of_converted_sound_can_be_joined(tmp_path: Path) -> None:
    """The bot's voice was sent at another rate than the recording's own."""
    path = tmp_path / "two rates.speakdesk"
    tone = (np.sin(np.arange(24000 * 2) * 2 * np.pi * 300 / 24000) * 9000).astype(np.int16)
    records = [Header("test", "", bot_name="Ada", rate_hz=RATE_HZ)]
    blocks = [
        AudioOut(n * 0.5, Sound.pack(tone[n * 12000 : (n + 1) * 12000].copy(), 24000))
        for n in range(4)
    ]
    write_flight([*records, *blocks, Ended(2.0)], path)
    view = await FlightView.open(path)
    parts = [view.sound(n, 2000) for n in range(0, 2 * RATE_HZ, 2000)]
    bot = np.concatenate(parts)[:, 1].astype(float)
    view.close()
    ideal = np.sin(np.arange(2 * RATE_HZ) * 2 * np.pi * 300 / RATE_HZ) * 9000
    inside = slice(200, -200)
    assert np.abs(bot - ideal)[inside].max() < 400


async def test_a_whole_file_has_no_trouble(view: FlightView) -> None:
    assert view.trouble is None
    assert view.duration_s == 61.0


async def test_a_file_cut_off_says_how_far_it_goes(minute: Path, tmp_path: Path) -> None:
    view = await FlightView.open(half_of(minute, tmp_path / "cut.speakdesk"))
    trouble = view.trouble
    assert trouble is not None
    assert "no proper end" in trouble.sentence
    assert f"Everything up to 0:{int(view.duration_s):02d} is here." in trouble.sentence
    view.close()


async def test_a_damaged_file_says_where_and_plays_the_rest(minute: Path, tmp_path: Path) -> None:
    view = await FlightView.open(damaged_twice(minute, tmp_path / "damaged.speakdesk"))
    trouble = view.trouble
    assert trouble is not None
    assert "damaged in 2 places, the first near 0:20" in trouble.sentence
    assert "verify" in trouble.next_step
    assert (await view.load_peaks()).columns(Side.MEETING, 0.0, 61.0, 1)[0, 1] > 0
    view.close()


async def test_stereo_sound_is_the_recordings_own(view: FlightView, tmp_path: Path) -> None:
    out = tmp_path / "both.wav"
    told: list[float] = []
    await export_flight(view, ExportKind.STEREO, Span(10.0, 33.0), out, told.append)
    with wave.open(str(out)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (
            2,
            RATE_HZ,
            23 * RATE_HZ,
        )
        data = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
    assert np.array_equal(data[:, 0], view.flight.audio(Side.MEETING, 10.0, 33.0))
    assert np.array_equal(data[:, 1], view.flight.audio(Side.BOT, 10.0, 33.0))
    await asyncio.sleep(0)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert names_in(tmp_path) == ["both.wav"]


async def test_mixed_sound_does_not_wrap_around(tmp_path: Path) -> None:
    path = tmp_path / "loud.speakdesk"
    loud = Sound.pack(np.full(8000, 30000, np.int16), RATE_HZ)
    records = [Header("test", "", rate_hz=RATE_HZ), AudioIn(0.0, loud), AudioOut(0.0, loud)]
    write_flight([*records, Ended(0.5)], path)
    view = await FlightView.open(path)
    out = tmp_path / "mixed.wav"
    await export_flight(view, ExportKind.MIXED, Span(0.0, 99.0), out, nothing)
    view.close()
    with wave.open(str(out)) as sound:
        assert (sound.getnchannels(), sound.getnframes()) == (1, 8000)
        assert set(np.frombuffer(sound.readframes(8000), "<i2")) == {32767}


async def test_subtitles_of_a_part_begin_with_it(view: FlightView, tmp_path: Path) -> None:
    out = tmp_path / "part.srt"
    await export_flight(view, ExportKind.SRT, Span(12.0, 23.5), out, nothing)
    text = out.read_text(encoding="utf-8")
    assert text.startswith("1\n00:00:00,000 --> 00:00:04,000\nPriya: Person's line 1")
    assert "Ada: Answer 1" in text
    assert "line 2" not in text
    vtt = tmp_path / "part.vtt"
    await export_flight(view, ExportKind.VTT, Span(0.0, 61.0), vtt, nothing)
    assert vtt.read_text(encoding="utf-8").startswith("WEBVTT")


async def test_a_clip_is_a_recording(view: FlightView, tmp_path: Path) -> None:
    out = tmp_path / "clip.speakdesk"
    out.write_text("an older one that goes")
    await export_flight(view, ExportKind.CLIP, Span(24.0, 36.0), out, nothing)
    clip = await FlightView.open(out)
    assert clip.duration_s == pytest.approx(12.0)
    assert clip.header.cut_from_s == 24.0
    assert np.array_equal(clip.sound(0, 1000), view.sound(24 * RATE_HZ, 1000))
    clip.close()


async def test_an_export_that_is_stopped_leaves_nothing_new(
    view: FlightView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(first: int, count: int) -> Any:
        begun.set()
        go_on.wait()
        return np.zeros((count, 2), np.int16)

    monkeypatch.setattr(view, "sound", slow)
    out = tmp_path / "sound.wav"
    out.write_text("as it was")
    work = asyncio.ensure_future(
        export_flight(view, ExportKind.MIXED, Span(0.0, 60.0), out, nothing)
    )
    await asyncio.to_thread(begun.wait)
    work.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert names_in(tmp_path) == ["sound.wav"]
    assert out.read_text() == "as it was"


async def test_a_recording_closed_while_it_is_exported_is_let_go_after(
    minute: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await FlightView.open(minute)
    begun, go_on = threading.Event(), threading.Event()
    sound = view.sound

    def slow(first: int, count: int) -> Any:
        begun.set()
        go_on.wait()
        return sound(first, count)

    monkeypatch.setattr(view, "sound", slow)
    out = tmp_path / "sound.wav"
    work = asyncio.ensure_future(
        export_flight(view, ExportKind.MIXED, Span(0.0, 2.0), out, nothing)
    )
    await asyncio.to_thread(begun.wait)
    view.close()
    assert not view.flight._data.closed  # type: ignore[union-attr]
    go_on.set()
    await work
    assert view.flight._data.closed  # type: ignore[union-attr]
    assert names_in(tmp_path) == ["sound.wav"]


async def test_a_closed_recording_is_silent_and_exports_nothing(
    minute: Path, tmp_path: Path
) -> None:
    view = await FlightView.open(minute)
    view.close()
    view.close()
    assert not view.sound(0, 1000).any()
    assert not view.fine_columns(Side.MEETING, 0.0, 0.01, 50).any()
    with pytest.raises(StoreError, match="was closed"):
        await export_flight(view, ExportKind.MIXED, Span(0, 1), tmp_path / "a.wav", nothing)
    with pytest.raises(StoreError, match="was closed"):
        await view.load_story()


async def test_an_export_never_writes_over_its_own_recording(view: FlightView) -> None:
    before = view.path.read_bytes()
    with pytest.raises(StoreError, match="is the recording itself"):
        await export_flight(view, ExportKind.CLIP, Span(0.0, 9.0), view.path, nothing)
    assert view.path.read_bytes() == before


async def test_a_place_that_cannot_be_written_is_told(view: FlightView, tmp_path: Path) -> None:
    out = tmp_path / "no such folder" / "sound.wav"
    with pytest.raises(StoreError, match=r"sound\.wav could not be written"):
        await export_flight(view, ExportKind.MIXED, Span(0.0, 1.0), out, nothing)


async def test_what_no_wav_can_hold_is_refused(
    view: FlightView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flight_export, "_LARGEST_WAV", 1000)
    with pytest.raises(StoreError, match="too long for a WAV"):
        await export_flight(view, ExportKind.STEREO, Span(0, 9), tmp_path / "a.wav", nothing)
    assert names_in(tmp_path) == []
