"""Many bots in one process: CPU, memory, readiness, answer latency, loop delay, audio on time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.conversation import converse
from tests.bench.figures import Figure, median, percentile
from tests.bench.line import Turn
from tests.bench.options import Options, note
from tests.bench.subject import Joined, Subject
from tests.bench.window_use import window_in_use

ANSWER_S = 2.0
JOIN_TIMEOUT_S = 20.0


@dataclass(slots=True)
class Measured:
    """What all rounds of one subject gave. Milliseconds unless the name says otherwise."""

    cpu_percent_per_bot: list[float] = field(default_factory=list)
    cpu_percent_per_bot_idle: list[float] = field(default_factory=list)
    memory_mb_per_bot: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    ready_ms: list[float] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)
    loop_p99_ms: list[float] = field(default_factory=list)
    loop_p99_ms_double: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    late_ms_double: list[float] = field(default_factory=list)
    unanswered: int = 0
    client_late_ms: float = 0.0


async def bots(
    subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """Measure every subject in turn, as often as there are rounds."""
    results = {name: Measured() for name in subjects}
    for round_number in range(options.rounds):
        for name, make in subjects.items():
            note(f"bots: round {round_number + 1}, {name}")
            await _measure(make(), results[name], options)
    for figure in _figures(results, options):
        yield figure


async def _measure(subject: Subject, into: Measured, options: Options) -> None:
    joined: list[Joined] = []
    try:
        await subject.start(ANSWER_S)
        await _join(subject, joined, 1)
        await converse(joined, 1)
        await _join(subject, joined, 2)
        await converse(joined, 1)
        memory_of_two = await _memory_mb(subject)
        await _join(subject, joined, options.bots)
        await converse(joined, 1)
        memory_of_all = await _memory_mb(subject)
        into.memory_mb.append(memory_of_all)
        if options.bots > 2:
            into.memory_mb_per_bot.append((memory_of_all - memory_of_two) / (options.bots - 2))
        into.ready_ms += await _ready_ms(subject, joined[1:])

        into.cpu_percent_per_bot_idle.append(
            await _cpu_percent(subject, joined, asyncio.sleep(options.cpu_s / 3))
        )
        turns: list[Turn] = []

        async def talk() -> None:
            turns.extend(await converse(joined, options.cpu_s))

        into.cpu_percent_per_bot.append(await _cpu_percent(subject, joined, talk()))
        _take_latency(into, turns)

        async with window_in_use(subject):
            delays, turns = await _with_probe(subject, joined, options.probe_s)
        into.loop_p99_ms.append(delays)
        into.late_ms += _late_ms(turns)

        await _join(subject, joined, options.bots * 2)
        delays, turns = await _with_probe(subject, joined, options.probe_s)
        into.loop_p99_ms_double.append(delays)
        into.late_ms_double += _late_ms(turns)
        into.client_late_ms = max(
            into.client_late_ms, *(bot.line.worst_send_late_s * 1000 for bot in joined)
        )
    finally:
        await asyncio.gather(*(subject.remove_bot(bot) for bot in joined))
        await subject.stop()


async def _join(subject: Subject, joined: list[Joined], count: int) -> None:
    while len(joined) < count:
        bot = await asyncio.wait_for(subject.add_bot(f"bot-{len(joined)}"), JOIN_TIMEOUT_S)
        joined.append(bot)
        await asyncio.sleep(0.5)


async def _memory_mb(subject: Subject) -> float:
    await subject.process.command("collect")
    return subject.process.rss_mb()


async def _ready_ms(subject: Subject, joined: list[Joined]) -> list[float]:
    hears = {
        mark["bot"]: mark["at"]
        for mark in await subject.process.command("take_marks")
        if mark["name"] == "hears"
    }
    return [(hears[bot.bot] - bot.answered) * 1000 for bot in joined if bot.bot in hears]


async def _cpu_percent(
    subject: Subject,
    joined: list[Joined],
    work: object,
) -> float:
    before, began = subject.process.cpu_s(), time.monotonic()
    await work  # type: ignore[misc]
    used, took = subject.process.cpu_s() - before, time.monotonic() - began
    return used / took * 100 / len(joined)


async def _with_probe(
    subject: Subject, joined: list[Joined], seconds: float
) -> tuple[float, list[Turn]]:
    await subject.process.command("probe_start")
    turns = await converse(joined, seconds)
    delays = await subject.process.command("probe_stop")
    note(f"  loop delay at {len(joined)} bots: {delays}")
    return float(delays["p99"]), turns


def _take_latency(into: Measured, turns: list[Turn]) -> None:
    into.unanswered += sum(turn.latency_s is None for turn in turns)
    into.latency_ms += [turn.latency_s * 1000 for turn in turns if turn.latency_s is not None]
    into.late_ms += _late_ms(turns)


def _late_ms(turns: list[Turn]) -> list[float]:
    return [turn.answer.worst_late_s * 1000 for turn in turns if turn.answer is not None]


def _figures(results: Mapping[str, Measured], options: Options) -> list[Figure]:
    plain = results.get("plain", Measured())
    figures: list[Figure] = []
    for name, of in results.items():
        if name == "plain" and len(results) > 1:
            continue
        is_windowed = name == "desk+window"

        def add(
            what: str,
            unit: str,
            of_subject: Callable[[Measured], float | None],
            limit: float | None = None,
            limits: str = "value",
            note: str = "",
            name: str = name,
            of: Measured = of,
        ) -> None:
            figures.append(
                Figure(
                    f"{name}.{what}",
                    of_subject(of),
                    unit,
                    of_subject(plain) if of is not plain else None,
                    limit if of is not plain else None,
                    limits,
                    note,
                )
            )

        count, double = options.bots, options.bots * 2
        add(
            f"cpu_per_bot_at_{count}",
            "% of a core",
            lambda m: median(m.cpu_percent_per_bot),
            1.6 if is_windowed else 1.1,
            "ratio",
        )
        add(
            f"cpu_per_bot_at_{count}_nobody_speaks",
            "% of a core",
            lambda m: median(m.cpu_percent_per_bot_idle),
        )
        add("memory_per_added_bot", "MB", lambda m: median(m.memory_mb_per_bot), 8.0)
        add(f"memory_at_{count}", "MB", lambda m: median(m.memory_mb))
        add("ready_to_hear_worst", "ms", lambda m: max(m.ready_ms, default=None), 100.0)
        add("ready_to_hear_median", "ms", lambda m: median(m.ready_ms))
        add("answer_latency_p50", "ms", lambda m: percentile(m.latency_ms, 50))
        add(
            "answer_latency_p95",
            "ms",
            lambda m: percentile(m.latency_ms, 95),
            10.0,
            "difference",
            f"{len(of.latency_ms)} turns, {of.unanswered} unanswered",
        )
        add("unanswered_turns", "turns", lambda m: float(m.unanswered), 0.0)
        add(
            f"loop_delay_p99_at_{count}",
            "ms",
            lambda m: median(m.loop_p99_ms),
            16.0 if is_windowed else None,
        )
        add(f"loop_delay_p99_at_{double}", "ms", lambda m: median(m.loop_p99_ms_double))
        add(f"audio_late_worst_at_{count}", "ms", lambda m: max(m.late_ms, default=None))
        add(
            f"audio_late_worst_at_{double}",
            "ms",
            lambda m: max(m.late_ms_double, default=None),
            40.0,
            "value",
            f"the measuring client itself was at most {of.client_late_ms:.0f} ms late",
        )
    return figures
