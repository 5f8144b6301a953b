"""A long recording made out of a few seconds of speech-like sound, for measuring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from speakdesk.domain.bot import BotState
from speakdesk.domain.events import BotStateChanged, Event, LineFinal, TurnTimed
from speakdesk.store.flight.editing import write_flight
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    Ended,
    EventRecord,
    Header,
    Record,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.sound import Sound

RATE_HZ = 16000
BLOCK_S = 0.5
TURN_S = 12.0
PERSON_S = 4.0
ANSWER_S = 6.0
BEGAN = datetime(2026, 11, 20, 10, 2, 4, tzinfo=UTC)


def write_long_flight(path: Path, seconds: float, bot: str = "Ada") -> None:
    """Write it: a person speaks, the bot answers, every fifth answer is interrupted; blocking."""
    write_flight(_records(seconds, bot), path)


def _records(seconds: float, bot: str) -> Iterator[Record]:
    yield Header(
        "SpeakDesk bench",
        BEGAN.isoformat(),
        bot_id="ada-1",
        bot_name=bot,
        persona="ada",
        provider="practice",
        meeting="practice:room",
        meeting_id="m1",
        rate_hz=RATE_HZ,
    )
    yield SocketRecord(0.0, SocketChange.OPENED, RATE_HZ)
    for at_s, state in ((0.0, BotState.JOINING), (0.4, BotState.LOBBY), (2.0, BotState.IN_CALL)):
        yield _event(at_s, BotStateChanged(at=_at(at_s), bot_id="ada-1", state=state))
    speech = _blocks()
    silence = Sound.pack(np.zeros(int(RATE_HZ * BLOCK_S), np.int16), RATE_HZ)
    turn = -1
    for number in range(int(seconds / BLOCK_S)):
        at_s = number * BLOCK_S
        since_turn_s = at_s % TURN_S
        is_person = since_turn_s < PERSON_S
        is_bot = PERSON_S + 1 <= since_turn_s < PERSON_S + 1 + ANSWER_S
        if is_person and int(at_s // TURN_S) != turn:
            turn = int(at_s // TURN_S)
        yield AudioIn(at_s, speech[number % len(speech)] if is_person else silence, ("Priya",))
        if is_bot:
            yield AudioOut(at_s, speech[(number * 7) % len(speech)])
        if since_turn_s == PERSON_S:
            begin_s = at_s - PERSON_S
            words = f"Person's line {turn}: what comes next in our plan?"
            yield _line(at_s, begin_s, f"p{turn}", "Priya", words, PERSON_S, is_bot=False)
        if since_turn_s == PERSON_S + 1:
            timed = TurnTimed(
                at=_at(at_s),
                bot_id="ada-1",
                turn=turn + 1,
                turn_decided_ms=250.0,
                transcript_ms=120.0,
                first_token_ms=310.0,
                first_audio_ms=240.0,
                on_wire_ms=20.0,
                total_ms=940.0,
            )
            yield _event(at_s, timed)
        if since_turn_s == PERSON_S + ANSWER_S + 0.5:
            is_cut = turn % 5 == 4
            begin_s = at_s - ANSWER_S + 0.5
            words = f"Answer {turn}: first we look at the figures, then we decide on the rest."
            yield _line(at_s, begin_s, f"b{turn}", bot, words, ANSWER_S, is_bot=True, cut=is_cut)
            if is_cut:
                yield AudioDiscarded(at_s + 0.5, speech[number % len(speech)], at_s + 0.4)
    if seconds > 60:
        yield SocketRecord(seconds / 2, SocketChange.CLOSED, code=1006, reason="lost")
        yield SocketRecord(seconds / 2 + 3, SocketChange.OPENED, RATE_HZ)
    yield Ended(seconds, "ended")


def _at(at_s: float) -> datetime:
    return BEGAN + timedelta(seconds=at_s)


def _event(at_s: float, event: Event) -> EventRecord:
    return EventRecord(at_s, event.to_json())


def _line(
    told_s: float,
    since_s: float,
    line_id: str,
    speaker: str,
    text: str,
    seconds: float,
    *,
    is_bot: bool,
    cut: bool = False,
) -> EventRecord:
    return _event(
        told_s,
        LineFinal(
            at=_at(since_s),
            bot_id="ada-1",
            line_id=line_id,
            speaker=speaker,
            text=text,
            is_bot=is_bot,
            interrupted=cut,
            seconds=seconds,
        ),
    )


def _blocks() -> list[Sound]:
    """Half seconds of a voice-like tone with syllables, each a little different."""
    made = []
    random = np.random.default_rng(5)
    length = int(RATE_HZ * BLOCK_S)
    time_s = np.arange(length) / RATE_HZ
    for _ in range(40):
        pitch_hz = random.uniform(90, 220)
        tone = sum(
            np.sin(2 * np.pi * pitch_hz * n * time_s + random.uniform(0, 6)) / n
            for n in range(1, 12)
        )
        syllables = np.abs(np.sin(2 * np.pi * random.uniform(2, 5) * time_s + random.uniform(0, 3)))
        level = random.uniform(0.08, 0.3)
        noise = random.normal(0, 0.01, length)
        wave = np.clip((tone * syllables * level + noise) * 0.7, -1, 1)
        made.append(Sound.pack((wave * 32000).astype(np.int16), RATE_HZ))
    return made
