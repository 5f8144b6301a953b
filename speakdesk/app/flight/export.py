"""Parts of a recording for other programs: sound, subtitles, or a clip that is a recording."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import wave
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import numpy as np
from loguru import logger

from speakdesk.app.flight.story import Story
from speakdesk.app.flight.view import FlightView, Pair
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.flight.editing import Span, cut
from speakdesk.store.history.export_lines import ExportLine
from speakdesk.store.history.subtitles import subtitles

__all__ = ["ExportKind", "Span", "export_flight"]

Progress = Callable[[float], None]
_PART_S = 5
# A WAV file counts its bytes in 32 bits.
_LARGEST_WAV = 0xFFFF_FFFF - 64


class ExportKind(StrEnum):
    """What is written."""

    MIXED = "mixed"
    STEREO = "stereo"
    SRT = "srt"
    VTT = "vtt"
    CLIP = "clip"

    @property
    def suffix(self) -> str:
        """The ending of such a file, with its dot."""
        match self:
            case ExportKind.MIXED | ExportKind.STEREO:
                return ".wav"
            case ExportKind.CLIP:
                return ".speakdesk"
            case _:
                return f".{self.value}"


class _Stopped(Exception):
    """The export is not wanted any more."""


async def export_flight(
    view: FlightView, kind: ExportKind, span: Span, out: Path, on_progress: Progress
) -> None:
    """Write a part of a recording to `out`, off the loop; a file that is there is replaced.

    `on_progress` hears how much is done, 0..1, on the loop. Cancelling it leaves no new file and
    the old one as it was, and waits until that is so. Raises StoreError.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()

    def progress(done: float) -> None:
        if stop.is_set():
            raise _Stopped
        loop.call_soon_threadsafe(on_progress, done)

    work = loop.run_in_executor(None, _export_held, view, kind, span, out, progress)
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([work])
        if not work.cancelled() and isinstance(error := work.exception(), Exception):
            logger.debug("an export was stopped: {}", type(error).__name__)
        raise


def _export_held(
    view: FlightView, kind: ExportKind, span: Span, out: Path, progress: Progress
) -> None:
    with view.held() as is_open:
        if not is_open:
            raise StoreError(_problem("The recording was closed.", "Open it again."))
        _export(view, kind, span, out, progress)


def _export(view: FlightView, kind: ExportKind, span: Span, out: Path, progress: Progress) -> None:
    span = Span(max(0.0, span.since_s), min(span.until_s, view.duration_s))
    if out.exists() and out.samefile(view.path):
        raise StoreError(_problem(f"{out.name} is the recording itself.", "Choose another name."))
    beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        progress(0.0)
        match kind:
            case ExportKind.CLIP:
                cut(view.flight, span, beside, progress)
            case ExportKind.MIXED | ExportKind.STEREO:
                _write_wav(view, span, beside, progress, is_stereo=kind is ExportKind.STEREO)
            case _:
                _write_subtitles(view, span, beside, kind.value)
        progress(1.0)
        beside.replace(out)
    except OSError as e:
        raise StoreError(
            _problem(
                f"{out.name} could not be written.",
                "Choose another place, or make room on the disk.",
                e.strerror or str(e),
            )
        ) from e
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _write_wav(
    view: FlightView, span: Span, out: Path, progress: Progress, *, is_stereo: bool
) -> None:
    rate_hz = view.rate_hz
    first, last = round(span.since_s * rate_hz), round(span.until_s * rate_hz)
    channels = 2 if is_stereo else 1
    if (last - first) * 2 * channels > _LARGEST_WAV:
        raise StoreError(
            _problem("That is too long for a WAV file.", "Select a part, and export that.")
        )
    with out.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        for begin in range(first, last, _PART_S * rate_hz):
            pair = view.sound(begin, min(_PART_S * rate_hz, last - begin))
            sound.writeframes(_as_bytes(pair, is_stereo=is_stereo))
            progress((begin - first) / max(1, last - first))


def _as_bytes(pair: Pair, *, is_stereo: bool) -> bytes:
    if is_stereo:
        return bytes(pair.astype("<i2").tobytes())
    mixed = np.clip(pair.astype(np.int32).sum(axis=1), -32768, 32767)
    return bytes(mixed.astype("<i2").tobytes())


def _write_subtitles(view: FlightView, span: Span, out: Path, form: str) -> None:
    story = view.story if view.story.lines else Story.read(view.flight)
    lines = [
        ExportLine(
            max(0.0, line.since_s - span.since_s),
            line.speaker,
            line.text,
            (min(line.until_s, span.until_s) - max(line.since_s, span.since_s)) or None,
            line.interrupted,
        )
        for line in story.lines
        if span.touches(line.since_s, line.until_s + 1e-9)
    ]
    out.write_text(subtitles(lines, form), encoding="utf-8")


def _problem(sentence: str, next_step: str, vendor_words: str = "") -> Problem:
    return Problem(Stage.STORE, Reason.BAD_INPUT, sentence, next_step, vendor_words)
