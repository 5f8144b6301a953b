"""A recording read as what a replay needs: the meeting's side, and what the services answered."""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    ChatMessage,
    Event,
    LinePartial,
    RosterChanged,
    TurnTimed,
)
from speakdesk.pipeline.replay.script import (
    Admitted,
    Closed,
    Happening,
    Hushed,
    Opened,
    Pause,
    Reply,
    SaidLine,
    Script,
    Typed,
    Words,
    plain,
    unheard_words,
)
from speakdesk.providers import wire
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    EventRecord,
    Kind,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.lines import FlightLine, lines_of
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.sound import Samples

# Messages that leave within this are one burst: the lead with which an utterance begins.
_BURST_S = 0.005
# A gap longer than this in what the bot sent is none of the pacing.
_GAP_S = 0.15
# Sound of the meeting below this peak is nobody speaking.
_QUIET_PEAK = 0.03
# An answer's first line begins so close to its timing; a further one, so soon after the last.
_ANSWER_S = 0.3
_FURTHER_S = 2.0
# A line that was cut off with nobody heard so near was silenced at the desk.
_NOBODY_S = 2.5
_MEETING_ENDS = (BotState.LEAVING, BotState.ENDED, BotState.FAILED)


@dataclass(frozen=True, slots=True)
class _Sent:
    """All that left for the meeting: samples, and for each message its first sample and time."""

    samples: Samples
    rate_hz: int
    starts: Sequence[int]
    times_s: Sequence[float]


def end_of(flight: FlightFile) -> float:
    """When the bot left the meeting, else when the recording ends."""
    for at_s, event in flight.timed_events():
        if isinstance(event, BotStateChanged) and event.state in _MEETING_ENDS:
            return at_s
    return flight.duration_s


def meeting_of(
    flight: FlightFile, script: Script, until_s: float
) -> Iterator[tuple[float, Happening]]:
    """The meeting's side in the order of its times, read as it is asked for."""
    waiting: list[tuple[float, int, Happening]] = []
    count = 0
    kinds = frozenset({Kind.AUDIO_IN, Kind.EVENT, Kind.SOCKET})
    commands = iter(sorted(commands_of(flight, script, until_s), key=lambda c: c[0]))
    for at_s, command in commands:
        heapq.heappush(waiting, (at_s, count, command))
        count += 1
    is_admitted = False
    for record in flight.records(0.0, until_s, kinds):
        # A block stands where its first piece belongs; pieces come at most so much earlier.
        while waiting and waiting[0][0] < record.at_s - 1.0:
            at_s, _, what = heapq.heappop(waiting)
            yield at_s, what
        if isinstance(record, AudioIn):
            for at_s, pcm in _pieces(record):
                heapq.heappush(waiting, (at_s, count, wire.AudioIn(pcm)))
                count += 1
            continue
        happened: Happening | None = None
        if isinstance(record, SocketRecord):
            happened = _socket(record)
        elif isinstance(record, EventRecord) and (event := _event(record)) is not None:
            happened = _happening(event)
            if isinstance(happened, Admitted):
                happened, is_admitted = (None if is_admitted else happened), True
        if happened is not None:
            heapq.heappush(waiting, (record.at_s, count, happened))
            count += 1
    while waiting:
        at_s, _, what = heapq.heappop(waiting)
        if at_s < until_s:
            yield at_s, what


def script_of(flight: FlightFile) -> Script:
    """What the services answered in a recording."""
    lines, events = lines_of(flight), tuple(flight.timed_events())
    own = flight.header.bot_name
    words = _words(lines, events, own)
    finals_s = [w.told_s for w in words if w.is_final]
    said = _said_lines(flight, [line for line in lines if line.is_bot])
    timings = [(at_s, event) for at_s, event in events if isinstance(event, TurnTimed)]
    replies, others = _replies(said, timings, finals_s)
    waits = [r.first_token_s + r.first_audio_s for r in replies]
    return Script(
        words=words,
        replies=replies,
        lines=others,
        failures_s=tuple(
            at_s for at_s, e in events if isinstance(e, BotProblem) and not e.recovered
        ),
        usual_wait_s=min(5.0, 1.0 + 1.5 * median(waits)) if waits else 2.0,
        stt_key=flight.header.stt.key if flight.header.stt else "",
        has_siblings=any(line.is_any_bot and not line.is_bot for line in lines),
    )


def commands_of(
    flight: FlightFile, script: Script, until_s: float
) -> Iterator[tuple[float, Happening]]:
    """What the person at the desk did, as far as it can be told: lines typed, the bot silenced."""
    greeting = plain(flight.header.greeting)
    lines = lines_of(flight)
    for said in script.lines:
        text = plain(said.text)
        if not (greeting and text and greeting.startswith(text)):
            yield max(0.0, said.since_s - 0.05), Typed(said.text)
    people = [line for line in lines if not line.is_bot]
    for line in lines:
        if line.is_bot and line.interrupted and line.told_s < until_s - 0.5:
            is_near = any(
                p.since_s - _NOBODY_S < line.told_s < p.told_s + _NOBODY_S for p in people
            )
            has_socket = _is_connected(flight, line.told_s)
            if not is_near and has_socket:
                yield line.told_s, Hushed()


# -- the meeting -----------------------------------------------------------------------------------


def _pieces(record: AudioIn) -> Iterator[tuple[float, bytes]]:
    """The messages of a block, with the time each of them came."""
    try:
        samples = record.sound.unpack()
    except ValueError:
        return
    rate_hz, begin = record.sound.rate_hz, 0
    late_us = record.sound.late_us
    for i, size in enumerate(record.sound.pieces or (record.sound.samples,)):
        late_s = late_us[i] / 1e6 if i < len(late_us) else 0.0
        pcm = samples[begin : begin + size].astype("<i2").tobytes()
        if pcm:
            yield max(0.0, record.at_s + begin / rate_hz + late_s), pcm
        begin += size


def _socket(record: SocketRecord) -> Happening | None:
    if record.change is SocketChange.OPENED:
        return Opened(record.rate_hz)
    if record.change is SocketChange.CLOSED:
        return Closed(record.code or 1006)
    return None


def _event(record: EventRecord) -> Event | None:
    try:
        return record.event()
    except ValueError:
        return None


def _happening(event: Event) -> Happening | None:
    if isinstance(event, RosterChanged):
        return wire.Roster(tuple(wire.Speaker(n, n in event.speaking) for n in event.names))
    if isinstance(event, ChatMessage) and not event.from_bot:
        return wire.ChatIn(event.sender, event.text)
    is_admitted = isinstance(event, BotEvidence) and event.evidence is Evidence.ADMITTED
    if is_admitted or (isinstance(event, BotStateChanged) and event.state is BotState.IN_CALL):
        return Admitted()
    return None


def _is_connected(flight: FlightFile, at_s: float) -> bool:
    is_open = False
    for record in flight.records(0.0, at_s + 0.001, frozenset({Kind.SOCKET})):
        if isinstance(record, SocketRecord) and record.change is not SocketChange.REFUSED:
            is_open = record.change is SocketChange.OPENED
    return is_open


# -- what the services answered --------------------------------------------------------------------


def _words(
    lines: Sequence[FlightLine], events: Sequence[tuple[float, Event]], own: str
) -> tuple[Words, ...]:
    finals = [
        Words(line.told_s, line.since_s, line.until_s, line.text, True)
        for line in lines
        if not line.is_bot
    ]
    partials = [
        Words(at_s, at_s, at_s, event.text, False)
        for at_s, event in events
        if isinstance(event, LinePartial) and not (event.is_bot and event.speaker == own)
    ]
    return tuple(sorted((*finals, *partials), key=lambda w: (w.told_s, w.is_final)))


def _said_lines(
    flight: FlightFile, lines: Sequence[FlightLine]
) -> list[tuple[FlightLine, SaidLine]]:
    """The bot's lines with their sound, in the order they were said."""
    sent = _sent(flight)
    dropped = [
        record
        for record in flight.records(kinds=frozenset({Kind.AUDIO_DISCARDED}))
        if isinstance(record, AudioDiscarded)
    ]
    found = []
    for line in lines:
        begin, end, pauses = _span(flight, sent, line)
        samples: list[Samples] = [sent.samples[begin:end]]
        text = line.text
        if line.interrupted:
            rest = _take_dropped(dropped, line.told_s, sent.rate_hz)
            samples += rest
            unheard = unheard_words(text, end - begin, sum(map(len, rest)))
            text = f"{text} {unheard}".strip()
        pcm = np.concatenate(samples).astype("<i2").tobytes()
        found.append((line, SaidLine(line.since_s, text, pcm, sent.rate_hz, pauses)))
    return found


def _sent(flight: FlightFile) -> _Sent:
    parts: list[Samples] = []
    starts: list[int] = []
    times_s: list[float] = []
    position, rate_hz = 0, 0
    for record in flight.records(kinds=frozenset({Kind.AUDIO_OUT})):
        if not isinstance(record, AudioOut):
            continue
        rate_hz = rate_hz or record.sound.rate_hz
        if record.sound.rate_hz != rate_hz:
            continue
        try:
            samples = record.sound.unpack()
        except ValueError:
            continue
        begin = 0
        for i, size in enumerate(record.sound.pieces or (record.sound.samples,)):
            late_us = record.sound.late_us[i] if i < len(record.sound.late_us) else 0
            starts.append(position + begin)
            times_s.append(record.at_s + begin / rate_hz + late_us / 1e6)
            begin += size
        parts.append(samples)
        position += len(samples)
    whole = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    return _Sent(whole, rate_hz or flight.header.rate_hz or 16000, starts, times_s)


def _span(flight: FlightFile, sent: _Sent, line: FlightLine) -> tuple[int, int, tuple[Pause, ...]]:
    """Where in all that was sent a line begins and ends, and where its service stalled."""
    times_s = sent.times_s
    if not times_s:
        return 0, 0, ()
    # The line's own time is taken right after its first message left.
    first = min(max(0, bisect.bisect_right(times_s, line.since_s + 0.003) - 1), len(times_s) - 1)
    if first + 1 < len(times_s) and line.since_s - times_s[first] > _GAP_S:
        first += 1
    while first and times_s[first] - times_s[first - 1] < _BURST_S:
        first -= 1
    last = max(first + 1, bisect.bisect_right(times_s, line.told_s + 0.01))
    begin = sent.starts[first]
    end = sent.starts[last] if last < len(sent.starts) else len(sent.samples)
    seconds = line.until_s - line.since_s
    if seconds > 0:
        end = min(end, begin + round((seconds + 0.005) * sent.rate_hz))
    pauses = [
        Pause(sent.starts[i] - begin, times_s[i] - times_s[i - 1])
        for i in range(first + 1, last)
        if times_s[i] - times_s[i - 1] > _GAP_S
        and sent.starts[i] < end
        and _was_stall(flight, times_s[i - 1], times_s[i])
    ]
    return begin, end, tuple(pauses)


def _was_stall(flight: FlightFile, since_s: float, until_s: float) -> bool:
    """Whether the bot fell silent though nobody spoke and it had its socket."""
    peaks = flight.peaks(Side.MEETING, since_s - 0.4, until_s, 32)
    if float(np.abs(peaks).max(initial=0.0)) > _QUIET_PEAK:
        return False
    changes = flight.records(since_s - 0.05, until_s, frozenset({Kind.SOCKET}))
    return _is_connected(flight, since_s) and not any(True for _ in changes)


def _take_dropped(dropped: list[AudioDiscarded], told_s: float, rate_hz: int) -> list[Samples]:
    taken: list[Samples] = []
    for record in tuple(dropped):
        if abs(record.cut_s - told_s) < 0.3 and record.sound.rate_hz == rate_hz:
            dropped.remove(record)
            try:
                taken.append(record.sound.unpack())
            except ValueError:
                continue
    return taken


def _replies(
    said: Sequence[tuple[FlightLine, SaidLine]],
    timings: Sequence[tuple[float, TurnTimed]],
    finals_s: Sequence[float],
) -> tuple[tuple[Reply, ...], tuple[SaidLine, ...]]:
    """The answers, and the lines that answer nobody."""
    groups: list[tuple[float, TurnTimed, list[SaidLine]]] = []
    others: list[SaidLine] = []
    last: FlightLine | None = None
    unclaimed = list(timings)
    for line, sound in said:
        timing = next((t for t in unclaimed if abs(t[0] - line.since_s) < _ANSWER_S), None)
        if timing is not None:
            unclaimed.remove(timing)
            groups.append((*timing, [sound]))
            last = line
        elif last is not None and groups and _goes_on(last, line, finals_s):
            groups[-1][2].append(sound)
            last = line
        else:
            others.append(sound)
            last = None
    replies = [_reply(at_s, timed, lines, finals_s) for at_s, timed, lines in groups]
    return tuple(sorted(replies, key=lambda r: r.asked_s)), tuple(others)


def _goes_on(last: FlightLine, line: FlightLine, finals_s: Sequence[float]) -> bool:
    """Whether a line is the rest of the answer that the one before began."""
    if last.interrupted or line.since_s - last.told_s > _FURTHER_S:
        return False
    heard = bisect.bisect_left(finals_s, line.since_s) - bisect.bisect_left(finals_s, last.since_s)
    return not heard


def _reply(
    at_s: float, timed: TurnTimed, lines: list[SaidLine], finals_s: Sequence[float]
) -> Reply:
    token_s, audio_s, wire_s = (
        (ms or 0.0) / 1000 for ms in (timed.first_token_ms, timed.first_audio_ms, timed.on_wire_ms)
    )
    asked_s = max(0.0, at_s - wire_s - audio_s - token_s)
    return Reply(
        asked_s=asked_s,
        words_before=bisect.bisect_right(finals_s, asked_s + 0.05),
        first_token_s=token_s,
        first_audio_s=audio_s,
        lines=tuple(lines),
    )
