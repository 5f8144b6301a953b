"""How soon a bot is silent, heard at the meeting's end; how late its audio is under a busy window.

The listener is a meeting bot that plays what it is sent and cannot be told to forget it
(contracts/meetingbaas.md §3.3), so silence begins when all that was sent has been played. It is
counted from when the bot noticed the interruption (its VAD, 0.2 s into the speech by default),
from the speech's own beginning, and from the Hush command; negative where it fell silent before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping

from tests.bench.figures import Figure, median
from tests.bench.line import Answer
from tests.bench.options import Options, note
from tests.bench.speech import INTERRUPTION, QUESTIONS, utterance
from tests.bench.subject import Joined, Subject
from tests.bench.window_use import WAYS, window_in_use

ANSWER_S = 8.0
INTO_ANSWER_S = 1.5


async def silence(
    subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """Interrupt each subject's bot by speech, and by command where it knows one."""
    by_notice: dict[str, list[float]] = {}
    by_speech: dict[str, list[float]] = {}
    by_command: dict[str, list[float]] = {}
    for name, make in subjects.items():
        note(f"silence: {name}")
        subject = make()
        try:
            await subject.start(ANSWER_S)
            bot = await subject.add_bot("bot-0")
            await asyncio.sleep(1)
            for _ in range(options.interruptions):
                noticed, onset = await _interrupt(subject, bot)
                by_notice.setdefault(name, []).extend(noticed)
                by_speech.setdefault(name, []).extend(onset)
                by_command.setdefault(name, []).extend(await _hush(subject, bot))
            await subject.remove_bot(bot)
        finally:
            await subject.stop()
    for name in subjects:
        if name == "plain" and len(subjects) > 1:
            continue
        of_plain = "plain" if name != "plain" else ""
        for what, times, limit in (
            ("silence_after_interruption_worst", by_notice, 250.0),
            ("silence_after_speech_begins_worst", by_speech, 250.0),
            ("silence_after_hush_worst", by_command, 250.0),
        ):
            values, base = times.get(name, []), times.get(of_plain, [])
            yield Figure(
                f"{name}.{what}",
                max(values, default=None),
                "ms",
                max(base, default=None),
                limit if of_plain else None,
                note=f"{len(values)} times, median {median(values) or 0:.0f} ms",
            )


async def busy_window(
    subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """The lateness of a talking bot's audio while its window is used in each way."""
    make = subjects.get("desk+window")
    if make is None:
        return
    subject = make()
    try:
        await subject.start(max(ANSWER_S, options.window_use_s))
        bot = await subject.add_bot("bot-0")
        await asyncio.sleep(1)
        for way in WAYS:
            note(f"busy window: {way}")
            if way == "scroll":
                await subject.process.command("fill_log", timeout_s=120, lines=options.log_lines)
            async with window_in_use(subject, way) as dialogs:
                answer = await _answer(bot)
                if answer is not None:
                    await bot.line.until_quiet(answer)
            yield Figure(
                f"desk+window.audio_late_worst_while_{way}",
                None if answer is None else answer.worst_late_s * 1000,
                "ms",
                None,
                40.0,
                note=f"opened: {', '.join(dialogs) or 'none'}" if way == "dialogs" else "",
            )
        await subject.remove_bot(bot)
    finally:
        await subject.stop()


async def _answer(bot: Joined) -> Answer | None:
    turn = await bot.line.ask(utterance(QUESTIONS[0]))
    return turn.answer


async def _interrupt(subject: Subject, bot: Joined) -> tuple[list[float], list[float]]:
    answer = await _answer(bot)
    if answer is None:
        note("  no answer to interrupt")
        return [], []
    await asyncio.sleep(INTO_ANSWER_S)
    await subject.process.command("take_marks")
    count = len(bot.line.answers)
    onset = await bot.line.begin(utterance(INTERRUPTION))
    await bot.line.until_quiet(answer)
    silent = answer.plays_until
    noticed = [
        mark["at"]
        for mark in await subject.process.command("take_marks")
        if mark["name"] == "noticed" and mark["bot"] == bot.bot and mark["at"] > onset
    ]
    await _until_new_answer_ends(bot, count)
    if answer.media_s > ANSWER_S - 0.2:
        note("  the bot was not interrupted")
        return [], []
    return [(silent - at) * 1000 for at in noticed[:1]], [(silent - onset) * 1000]


async def _hush(subject: Subject, bot: Joined) -> list[float]:
    answer = await _answer(bot)
    if answer is None:
        return []
    await asyncio.sleep(INTO_ANSWER_S)
    asked = time.monotonic()
    if not await subject.hush(bot):
        await bot.line.until_quiet(answer)
        return []
    await bot.line.until_quiet(answer)
    await asyncio.sleep(1)
    return [(answer.plays_until - asked) * 1000]


async def _until_new_answer_ends(bot: Joined, count: int) -> None:
    """Let the bot answer what it was interrupted with, so that the next turn starts clean."""
    for _ in range(100):
        if len(bot.line.answers) > count:
            await bot.line.until_quiet(bot.line.answers[-1])
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.2)
