"""What the flight recorder costs: the same bots in the same talk, recorded and not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.conversation import converse
from tests.bench.desk_subject import DeskSubject
from tests.bench.figures import Figure, median, percentile
from tests.bench.options import Options, note
from tests.bench.subject import Joined, Subject

ANSWER_S = 2.0
BOTS = 4


@dataclass(slots=True)
class _Cost:
    cpu_percent_per_bot: list[float] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)
    megabytes_per_hour: list[float] = field(default_factory=list)


async def flight(_: Mapping[str, Callable[[], Subject]], options: Options) -> AsyncIterator[Figure]:
    """Measure both in turn, as often as there are rounds."""
    plain, recorded = _Cost(), _Cost()
    for number in range(options.rounds):
        for is_recorded, into in ((False, plain), (True, recorded)):
            note(f"flight: round {number + 1}, {'recorded' if is_recorded else 'not recorded'}")
            await _measure(DeskSubject(has_window=False, is_recorded=is_recorded), into, options)
    yield Figure(
        "flight.cpu_per_bot_recorded",
        median(recorded.cpu_percent_per_bot),
        "% of a core",
        median(plain.cpu_percent_per_bot),
        3.0,
        "difference",
        f"{BOTS} bots that talk; each round: "
        + " ".join(
            f"{a:.2f}→{b:.2f}"
            for a, b in zip(plain.cpu_percent_per_bot, recorded.cpu_percent_per_bot, strict=True)
        ),
    )
    yield Figure(
        "flight.answer_latency_p95_recorded",
        percentile(recorded.latency_ms, 95),
        "ms",
        percentile(plain.latency_ms, 95),
        10.0,
        "difference",
    )
    yield Figure(
        "flight.megabytes_an_hour",
        median(recorded.megabytes_per_hour),
        "MB",
        limit=80.0,
        note="one bot at 16 kHz; its stand-in voice packs more easily than speech does",
    )


async def _measure(subject: DeskSubject, into: _Cost, options: Options) -> None:
    joined: list[Joined] = []
    try:
        await subject.start(ANSWER_S)
        while len(joined) < BOTS:
            joined.append(await subject.add_bot(f"bot-{len(joined)}"))
            await asyncio.sleep(0.5)
        await converse(joined, 1)
        bytes_before = subject.recorded_bytes()
        before, began = subject.process.cpu_s(), time.monotonic()
        turns = await converse(joined, options.cpu_s)
        used, took = subject.process.cpu_s() - before, time.monotonic() - began
        into.cpu_percent_per_bot.append(used / took * 100 / len(joined))
        into.latency_ms += [t.latency_s * 1000 for t in turns if t.latency_s is not None]
        if (written := subject.recorded_bytes() - bytes_before) > 0:
            into.megabytes_per_hour.append(written / 1e6 / len(joined) / took * 3600)
    finally:
        await asyncio.gather(*(subject.remove_bot(bot) for bot in joined))
        await subject.stop()
