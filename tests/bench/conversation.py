"""People talking to bots in real time: each bot's person speaks in turn, the bots spread evenly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.bench.line import PHASES, Turn
from tests.bench.speech import QUESTIONS, utterance
from tests.bench.subject import Joined

PERIOD_S = 6.4
LAST_TURN_S = 3.0


async def converse(bots: Sequence[Joined], seconds: float) -> list[Turn]:
    """Every person asks about every `PERIOD_S`; returns all turns once the last is answered."""
    until = time.monotonic() + seconds
    talks = [
        _talk(bot, number * PERIOD_S / len(bots), until, number) for number, bot in enumerate(bots)
    ]
    return [turn for turns in await asyncio.gather(*talks) for turn in turns]


async def _talk(bot: Joined, offset_s: float, until: float, number: int) -> list[Turn]:
    await asyncio.sleep(offset_s)
    turns: list[Turn] = []
    while True:
        due = time.monotonic() + PERIOD_S
        spoken = utterance(QUESTIONS[(number + len(turns)) % len(QUESTIONS)])
        turn = await bot.line.ask(spoken, (number + 3 * len(turns)) % PHASES)
        turns.append(turn)
        if turn.answer is not None:
            await bot.line.until_quiet(turn.answer)
        if due + LAST_TURN_S > until:
            return turns
        await asyncio.sleep(max(0.0, due - time.monotonic()))
