"""Words that come long after the sound they are of belong to whoever said them."""

from __future__ import annotations

import asyncio

import pytest

from speakdesk.domain.events import LineFinal
from tests.fixtures.round_table import RoundTable
from tests.fixtures.virtual_time import play

QUESTION = "What is your name?"
GREETING = (
    "Hello, I will lead our interview today, and it takes about twenty-five minutes. "
    "Shall we start with what you do at the moment?"
)


def _lines(table: RoundTable, name: str) -> list[LineFinal]:
    """What the others said as this bot heard it."""
    return [line for line in table.bots[name].of("line.final") if line.speaker != name]


@pytest.mark.parametrize("shows", [True, False])
@pytest.mark.parametrize(("ada_s", "ada2_s"), [(2.0, 2.0), (9.0, 8.5), (10.0, 8.5), (16.0, 8.5)])
def test_greetings_are_told_from_a_question_however_late_the_words_are(
    shows: bool, ada_s: float, ada2_s: float
) -> None:
    async def scene() -> None:
        table = RoundTable(shows=shows)
        for name, late_s in (("Ada", ada_s), ("Ada 2", ada2_s)):
            table.sit(name, greeting=GREETING, hears_after_s=late_s).stt.marks_utterances = True
        await table.open()
        await table.until_speaks("Ada")
        await table.until_speaks("Ada 2")
        await table.until_quiet(0.8)
        await table.say(QUESTION)
        await table.until(lambda: sum(len(b.llm.asked) for b in table.bots.values()) > 0)
        await asyncio.sleep(max(ada_s, ada2_s))
        await table.until_quiet()
        # One answer, to the question and to nothing else.
        asked = [one.llm.asked for one in table.bots.values() if one.llm.asked]
        assert len(asked) == 1
        assert len(asked[0]) == 1
        assert asked[0][0][-1]["content"] == QUESTION
        assert len(table.said()) == 3
        assert table.overlaps() == 0
        for name, other in (("Ada", "Ada 2"), ("Ada 2", "Ada")):
            heard = _lines(table, name)
            assert [line.text for line in heard if not line.is_bot] == [QUESTION]
            assert {line.speaker for line in heard if line.is_bot} == {other}
            question = next(line for line in heard if not line.is_bot)
            assert 0.3 < question.seconds < 2.0
        await table.close()

    play(scene())


@pytest.mark.parametrize("shows", [True, False])
@pytest.mark.parametrize("late_s", [1.0, 2.0])
def test_who_speaks_is_known_to_a_loop_that_comes_late(shows: bool, late_s: float) -> None:
    async def scene() -> None:
        table = RoundTable(shows=shows)
        table.sit("Ada", greeting=GREETING).stt.marks_utterances = True
        table.sit("Ada 2").stt.marks_utterances = True
        await table.open()
        stalls = asyncio.create_task(_stall(table, "Ada 2", late_s), name="stalls")
        await table.until_speaks("Ada")
        await table.until_quiet(late_s + 1.0)
        heard = _lines(table, "Ada 2")
        assert heard
        assert all(line.is_bot and line.speaker == "Ada" for line in heard)
        await table.say("Ada 2, what is your name?")
        await table.until_speaks("Ada 2")
        await table.until_quiet()
        stalls.cancel()
        await asyncio.gather(stalls, return_exceptions=True)
        people = [line for line in _lines(table, "Ada 2") if not line.is_bot]
        # A stall may part a sentence, and these ears tell it for each part.
        assert {line.text for line in people} == {"Ada 2, what is your name?"}
        assert 0.5 < sum(line.seconds for line in people) < 3.0
        assert [len(table.bots[name].llm.asked) for name in ("Ada", "Ada 2")] == [0, 1]
        assert table.overlaps() == 0
        await table.close()

    play(scene())


async def _stall(table: RoundTable, name: str, late_s: float) -> None:
    """This bot's loop stands still for so long, again and again."""
    while True:
        table.stalled.add(name)
        await asyncio.sleep(late_s)
        table.stalled.discard(name)
        await asyncio.sleep(0.5)
