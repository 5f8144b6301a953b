"""Who gives way when people speak while the bot does."""

from __future__ import annotations

import asyncio

import pytest

from speakdesk.domain.turns import TurnRules
from tests.fixtures.meeting import Meeting, meeting, speech
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"
LONG = (
    "First we look at the numbers of last month and then at what they mean for the next one. "
    "After that everybody says in a sentence or two what they are working on right now. "
    "And at the very end we decide who writes it all down for the people who are not here."
)


async def _speaking(room: Meeting) -> None:
    await room.open()
    await room.say(QUESTION)
    await room.until_speaking()
    await asyncio.sleep(2)


def _wire_is_dry_at(room: Meeting, since: float) -> float:
    """When the meeting, which plays all it was sent, first fell silent after this moment."""
    dry = 0.0
    for at, piece in room.socket.got:
        if at > since and at > dry + 0.15:
            break
        dry = max(dry, at) + len(piece) / 2 / room.rate_hz
    return dry


@pytest.mark.parametrize("words", [0, 2])
@pytest.mark.parametrize("rate_hz", [16000, 48000])
def test_speech_silences_the_bot_within_a_quarter_of_a_second(words: int, rate_hz: int) -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG], rules=TurnRules(backchannel_words=words), rate_hz=rate_hz)
        await _speaking(room)
        began = room.now()
        await room.say("Wait a moment please, I have a question about that.")
        assert _wire_is_dry_at(room, began) - began <= 0.25
        await room.until(lambda: room.of("line.final")[-1].text.startswith("Wait"))
        cut = room.bot_lines()[0]
        assert cut.interrupted
        assert LONG.startswith(cut.text)
        assert 10 < len(cut.text) < 60
        await room.until_speaking()
        assert room.llm.asked[1][-2]["content"] == f"{cut.text} …"
        assert room.llm.asked[1][-1]["content"].startswith("Wait a moment")
        await room.close()

    play(scene())


@pytest.mark.parametrize("word", ["mm-hm", "Okay.", "Ja genau.", "d'accord", "Right, I see."])
def test_agreement_does_not_kill_the_answer(word: str) -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await _speaking(room)
        await room.say("Okay", heard_as=word)
        await room.until_quiet(2)
        bot = room.bot_lines()
        assert [e.text for e in bot] == [LONG]
        assert not bot[0].interrupted
        assert ("Someone", word) in room.lines()
        assert len(room.llm.asked) == 1
        # All of it left, once.
        assert room.sound_sent() / room.rate_hz == pytest.approx(room.seconds_said(), abs=0.05)
        await room.close()

    play(scene())


def test_agreement_is_not_taken_for_a_question_later() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "Fine."])
        await _speaking(room)
        await room.say("Okay", heard_as="Mhm.")
        await room.until_quiet(2)
        await room.say(QUESTION)
        await room.until(lambda: len(room.llm.asked) == 2)
        assert room.llm.asked[1][-1]["content"] == QUESTION
        await room.close()

    play(scene())


def test_a_word_that_is_no_agreement_takes_the_turn() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "I stopped."])
        await _speaking(room)
        await room.say("Stop!", heard_as="Stop.")
        await room.until(lambda: len(room.llm.asked) == 2)
        assert room.llm.asked[1][-1]["content"] == "Stop."
        await room.until_quiet()
        assert room.lines()[-1] == ("Ada", "I stopped.")
        await room.close()

    play(scene())


def test_an_interim_word_takes_the_turn_before_the_sentence_is_over() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "Yes?"])
        await _speaking(room)
        saying = asyncio.create_task(room.say("Hold on, that is not what I meant to ask you."))
        await asyncio.sleep(0.6)
        await room.stt.hint("hold on")
        await asyncio.sleep(0.1)
        assert [e.interrupted for e in room.bot_lines()] == [True]
        await saying
        await room.close()

    play(scene())


def test_a_cough_only_pauses_the_answer() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await _speaking(room)
        await room.say("Hey", heard_as="")
        await room.until_quiet(3)
        assert [e.text for e in room.bot_lines()] == [LONG]
        await room.close()

    play(scene())


def test_long_speech_takes_the_turn_before_any_word_is_known() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await _speaking(room)
        began = room.now()
        await room.play(speech(QUESTION + " " + QUESTION, room.rate_hz))
        cut = room.bot_lines()[0]
        assert cut.interrupted
        assert room.now() - began > 3
        await room.close()

    play(scene())


def test_nobody_can_interrupt_where_the_rules_say_so() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "Done."], rules=TurnRules(allow_interruptions=False))
        await _speaking(room)
        await room.say("Wait a moment please, I have a question about that.")
        await room.until_quiet(2)
        bot = [e.text for e in room.bot_lines()]
        assert bot == [LONG, "Done."]
        await room.close()

    play(scene())


def test_another_bot_of_this_desk_is_shown_and_not_answered() -> None:
    async def scene() -> None:
        room = meeting(siblings=lambda: frozenset({"Marco"}))
        await room.open()
        room.roster(Ada=False, Marco=True, Priya=False)
        await room.say("I would serve a Riesling with the fish.")
        room.roster(Ada=False, Marco=False, Priya=False)
        await asyncio.sleep(8)
        assert room.llm.asked == []
        assert room.lines() == [("Marco", "I would serve a Riesling with the fish.")]
        assert room.of("line.final")[0].is_bot
        room.roster(Ada=False, Marco=False, Priya=True)
        await room.say(QUESTION)
        await room.until_speaking()
        # What another bot says comes from the meeting's floor, never from what was half heard.
        assert [m["content"] for m in room.llm.asked[0][1:]] == [QUESTION]
        await room.close()

    play(scene())


def test_a_bot_that_comes_later_is_not_answered_either() -> None:
    async def scene() -> None:
        others: set[str] = set()
        room = meeting(siblings=lambda: frozenset(others))
        await room.open()
        others.add("Marco")
        room.roster(Ada=False, Marco=True, Priya=False)
        await room.say("I would serve a Riesling with the fish.")
        room.roster(Ada=False, Marco=False, Priya=False)
        await asyncio.sleep(8)
        assert room.llm.asked == []
        await room.close()

    play(scene())


def test_its_own_echo_is_not_heard() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await _speaking(room)
        room.roster(Ada=True, Priya=False)
        await room.say("Wait a moment please, I have a question about that.")
        room.roster(Ada=False, Priya=False)
        await room.until_quiet()
        assert [e.text for e in room.bot_lines()] == [LONG]
        assert len(room.llm.asked) == 1
        room.roster(Ada=False, Priya=True)
        room.stt.lines.clear()
        await room.say(QUESTION)
        await room.until(lambda: len(room.llm.asked) == 2)
        await room.close()

    play(scene())
