"""Meetings in a row in one process: whether their memory is given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from tests.bench.figures import Figure
from tests.bench.options import Options, note
from tests.bench.speech import QUESTIONS, utterance
from tests.bench.subject import Subject

ANSWER_S = 2.0
SETTLE_S = 1.5
WARM_MEETINGS = 3


async def meetings(
    subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """One bot, one question, one answer, good-bye; again and again."""
    growth: dict[str, float] = {}
    after: dict[str, list[float]] = {}
    for name, make in subjects.items():
        if name == "desk+window":
            continue
        note(f"meetings: {name}")
        after[name] = await _in_a_row(make(), options.meetings)
        growth[name] = after[name][-1] / after[name][WARM_MEETINGS - 1]
        note(f"  {[round(mb) for mb in after[name]]}")
    for name in growth:
        if name == "plain" and len(growth) > 1:
            continue
        base = growth.get("plain") if name != "plain" else None
        last = after["plain"][-1] if name != "plain" and "plain" in after else None
        yield Figure(
            f"{name}.memory_after_{options.meetings}_meetings_over_third",
            growth[name],
            "ratio",
            base,
            1.15 if name != "plain" else None,
            note="MB after each: " + " ".join(f"{mb:.0f}" for mb in after[name]),
        )
        yield Figure(
            f"{name}.memory_after_{options.meetings}_meetings", after[name][-1], "MB", last
        )


async def _in_a_row(subject: Subject, count: int) -> list[float]:
    after: list[float] = []
    try:
        await subject.start(ANSWER_S)
        for number in range(max(count, WARM_MEETINGS)):
            bot = await subject.add_bot(f"bot-{number}")
            turn = await bot.line.ask(utterance(QUESTIONS[0]))
            if turn.answer is not None:
                await bot.line.until_quiet(turn.answer)
            else:
                note(f"  meeting {number + 1}: no answer")
            await subject.remove_bot(bot)
            await asyncio.sleep(SETTLE_S)
            after.append(subject.process.rss_mb())
    finally:
        await subject.stop()
    return after
