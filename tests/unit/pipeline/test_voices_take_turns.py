"""Bots of one desk in one meeting: one floor, one voice at a time."""

from __future__ import annotations

import asyncio

import pytest

from speakdesk.domain.floor.chain import LONGEST_CHAIN
from speakdesk.domain.launch import FloorPlace
from speakdesk.domain.turns import TurnRules
from tests.fixtures.round_table import RoundTable
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"
LONG = (
    "First we look at the numbers of last month and then at what they mean for the next one. "
    "After that everybody says in a sentence or two what they are working on right now. "
    "And at the very end we decide who writes it all down for the people who are not here."
)


@pytest.mark.parametrize("shows", [True, False])
def test_one_question_gets_one_answer(shows: bool) -> None:
    async def scene() -> None:
        table = RoundTable(shows=shows)
        table.sit("Ada")
        table.sit("Marco")
        await table.open()
        await table.say(QUESTION)
        await table.until_quiet()
        assert table.speakers() == ["Ada"]
        marco = table.bots["Marco"]
        assert marco.llm.asked == []
        assert len(table.bots["Ada"].llm.asked) == 1
        # Marco's mind has it all for later, and nothing of it twice.
        await table.say("And what do you say to that, Marco?")
        await table.until_quiet()
        assert table.speakers() == ["Ada", "Marco"]
        told = [m["content"] for m in marco.llm.asked[0][1:]]
        assert told == [
            QUESTION,
            "[The assistant Ada said:] This is what ada thinks about all of that.",
            "And what do you say to that, Marco?",
        ]
        # Who was spoken with last goes on.
        await table.say("What else is there to be said about it?")
        await table.until_quiet()
        assert table.speakers() == ["Ada", "Marco"]
        assert [name for name, _ in table.said()] == ["Ada", "Marco", "Marco"]
        assert table.overlaps() == 0
        heard = [e for e in table.bots["Marco"].of("line.final") if e.speaker == "Ada"]
        assert heard
        assert all(e.is_bot for e in heard)
        await table.close()

    play(scene())


def test_an_answer_begins_as_soon_as_with_one_bot_alone() -> None:
    def first_sound_s(names: list[str]) -> float:
        async def scene() -> float:
            table = RoundTable()
            for name in names:
                # The others' ears are slower: nobody waits for them.
                table.sit(name, hears_after_s=0.05 if name == "Ada" else 0.6)
            await table.open()
            await table.say(QUESTION)
            asked_s = table.now()
            await table.until_speaks("Ada")
            took_s = table.now() - asked_s
            await table.until_quiet()
            assert table.speakers() == ["Ada"]
            await table.close()
            return took_s

        return play(scene())

    assert first_sound_s(["Ada", "Marco", "Vera"]) == pytest.approx(first_sound_s(["Ada"]), abs=0.1)


def test_the_one_who_is_called_answers_even_where_the_first_ears_missed_the_name() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", thinks_s=1.0)
        table.sit("Marco", hears_after_s=0.4)
        await table.open()
        await table.say("Marco, which wine goes with the fish?", Ada="Michael which wine goes?")
        await table.until_quiet()
        assert table.speakers() == ["Marco"]
        await table.close()

    play(scene())


def test_all_answer_one_after_another_where_all_are_asked() -> None:
    async def scene() -> None:
        table = RoundTable()
        for name in ("Ada", "Marco", "Vera"):
            table.sit(name)
        await table.open()
        await table.say("I would like to hear from all of you how the week went.")
        await table.until_quiet()
        assert table.speakers() == ["Ada", "Marco", "Vera"]
        assert table.overlaps() == 0
        # Waiting for one's turn is no slowness.
        assert [len(one.of("turn.timed")) for one in table.bots.values()] == [1, 0, 0]
        assert "[The assistant Ada said:]" in table.bots["Marco"].llm.asked[0][-1]["content"]
        assert len(table.bots["Vera"].llm.asked[0]) == 4
        await table.close()

    play(scene())


def test_greetings_come_one_after_another_and_everybody_sees_who_waits() -> None:
    async def scene() -> None:
        table = RoundTable()
        for name in ("Ada", "Marco", "Vera"):
            table.sit(name, greeting=f"Hello everybody, my name is {name}.")
        await table.open()
        await table.until_speaks("Ada")
        assert table.places == {
            "Ada": FloorPlace.HOLDS,
            "Marco": FloorPlace.WAITS,
            "Vera": FloorPlace.WAITS,
        }
        assert table.floor_events[-1].bot_id == "ada"
        assert table.floor_events[-1].waiting == ("marco", "vera")
        assert table.floor_events[-1].meeting == "practice:room"
        await table.until_quiet()
        assert table.speakers() == ["Ada", "Marco", "Vera"]
        assert table.overlaps() == 0
        assert set(table.places.values()) == {FloorPlace.FREE}
        assert table.floor_events[-1].bot_id == ""
        # A greeting is not yet talk with the people: the first launched answers.
        await table.say(QUESTION)
        await table.until_quiet()
        assert table.speakers()[3:] == ["Ada"]
        await table.close()

    play(scene())


def test_a_greeting_waits_for_people_and_survives_them() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada")
        table.sit("Marco")
        await table.open()
        saying = asyncio.create_task(table.say(QUESTION))
        await asyncio.sleep(1.0)
        await table.bots["Marco"].voice.say("Welcome to the meeting.")
        await saying
        assert table.speakers() == []
        await table.until_quiet()
        assert table.said() == [
            ("Ada", "This is what ada thinks about all of that."),
            ("Marco", "Welcome to the meeting."),
        ]
        assert table.overlaps() == 0
        await table.close()

    play(scene())


@pytest.mark.parametrize("shows", [True, False])
def test_who_interrupts_silences_the_speaker_and_nobody_jumps_in(shows: bool) -> None:
    async def scene() -> None:
        table = RoundTable(shows=shows)
        table.sit("Ada", answers=[LONG, "Then let us talk about the fish."])
        table.sit("Marco")
        await table.open()
        await table.say(QUESTION)
        await table.until_speaks("Ada")
        await asyncio.sleep(2)
        before = len(table.recording)
        await table.say("Wait a moment please, I have a question about that.")
        while_speaking = table.recording[before + 6 :]
        assert not any(b.any() for blocks in while_speaking for b in blocks.values())
        await table.until_quiet()
        assert [name for name, _ in table.said()] == ["Ada", "Ada"]
        assert table.bots["Ada"].bot_lines()[0].interrupted
        assert table.bots["Marco"].llm.asked == []
        await table.close()

    play(scene())


def test_agreement_is_no_question_to_the_ones_who_listen() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", answers=[LONG])
        table.sit("Marco")
        await table.open()
        await table.say(QUESTION)
        await table.until_speaks("Ada")
        await asyncio.sleep(2)
        await table.say("Okay", Ada="Mm-hm.", Marco="Mm-hm.")
        await table.until_quiet()
        assert table.said() == [("Ada", LONG)]
        await table.close()

    play(scene())


def test_a_waiting_answer_is_dropped_where_a_person_speaks_again() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", answers=[LONG, "Friday it is."])
        table.sit("Marco")
        await table.open()
        await table.say("What do both of you think about the plan?")
        await table.until_speaks("Ada")
        assert table.places["Marco"] is FloorPlace.WAITS
        await asyncio.sleep(1)
        await table.say("Ada, just tell me when it is due, please.")
        await table.until_quiet()
        assert [name for name, _ in table.said()] == ["Ada", "Ada"]
        assert table.bots["Marco"].llm.asked == []
        await table.close()

    play(scene())


@pytest.mark.parametrize("trouble", ["model", "ears", "silent", "mouth"])
def test_the_next_one_answers_where_the_first_cannot(trouble: str) -> None:
    async def scene() -> None:
        table = RoundTable()
        ada = table.sit("Ada", thinks_s=60.0 if trouble == "silent" else 0.0)
        table.sit("Marco")
        await table.open()
        if trouble == "model":
            ada.llm.fails = 1
        elif trouble == "ears":
            ada.stt.is_deaf = True  # type: ignore[attr-defined]
        elif trouble == "mouth":
            ada.tts.is_mute = True  # type: ignore[attr-defined]
        await table.say(QUESTION)
        asked_s = table.now()
        await table.until_speaks("Marco")
        bound_s = {"model": 1.0, "ears": 2.5, "silent": 6.5, "mouth": 6.5}[trouble]
        assert table.now() - asked_s < bound_s
        await table.until_quiet()
        assert table.speakers() == ["Marco"]
        await table.close()

    play(scene())


def test_a_dropped_socket_frees_the_floor() -> None:
    async def scene() -> None:
        table = RoundTable()
        ada = table.sit("Ada", answers=[LONG])
        table.sit("Marco")
        await table.open()
        await table.say(QUESTION)
        await table.until_speaks("Ada")
        await asyncio.sleep(1)
        await table.bots["Marco"].voice.say("May I add something.")
        assert table.places["Marco"] is FloorPlace.WAITS
        ada.socket.drop()
        dropped_s = table.now()
        await table.until_speaks("Marco")
        assert table.now() - dropped_s < 2.5
        ada.connect()
        await table.until_quiet()
        assert table.speakers() == ["Ada", "Marco"]
        assert table.overlaps() == 0
        # And it is one of them again.
        await table.say("Ada, are you back with us?")
        await table.until_quiet()
        assert table.speakers()[-1] == "Ada"
        await table.close()

    play(scene())


def test_a_short_drop_keeps_the_floor() -> None:
    async def scene() -> None:
        table = RoundTable()
        ada = table.sit("Ada", answers=[LONG])
        table.sit("Marco")
        await table.open()
        await table.say(QUESTION)
        await table.until_speaks("Ada")
        await asyncio.sleep(1)
        await table.bots["Marco"].voice.say("May I add something.")
        ada.socket.drop()
        await asyncio.sleep(0.8)
        ada.connect()
        await table.until_quiet()
        assert table.said() == [("Ada", LONG), ("Marco", "May I add something.")]
        assert table.overlaps() == 0
        await table.close()

    play(scene())


def test_a_bot_that_leaves_takes_the_floor_with_it_for_no_longer_than_a_moment() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", answers=[LONG])
        table.sit("Marco")
        await table.open()
        await table.say("What do both of you think about the plan?")
        await table.until_speaks("Ada")
        await asyncio.sleep(1)
        left_s = table.now()
        await table.leave("Ada")
        await table.until_speaks("Marco")
        assert table.now() - left_s < 1.0
        await table.until_quiet()
        await table.close()

    play(scene())


def test_hush_silences_one_and_lets_the_next_go_on() -> None:
    async def scene() -> None:
        table = RoundTable()
        ada = table.sit("Ada", answers=[LONG])
        table.sit("Marco")
        await table.open()
        await table.say("What do both of you think about the plan?")
        await table.until_speaks("Ada")
        await asyncio.sleep(1)
        hushed_s = table.now()
        await ada.voice.hush()
        await table.until_speaks("Marco")
        last_s, piece = ada.socket.got[-1]
        assert last_s + len(piece) / 2 / ada.rate_hz <= hushed_s + 0.25
        await table.until_quiet()
        assert table.overlaps() == 0
        await table.close()

    play(scene())


def test_hush_takes_what_waits_as_well() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", answers=[LONG])
        marco = table.sit("Marco")
        await table.open()
        await table.say("What do both of you think about the plan?")
        await table.until_speaks("Ada")
        await marco.voice.say("One more thing.")
        await marco.voice.hush()
        await table.until_quiet()
        assert table.speakers() == ["Ada"]
        await table.close()

    play(scene())


def test_only_one_asks_into_a_silence() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", greeting="Hello.", rules=TurnRules(idle_s=8))
        table.sit("Marco", greeting="Hello.", rules=TurnRules(idle_s=8))
        await table.open()
        await asyncio.sleep(40)
        assert [text for _, text in table.said()].count("Are you still there?") == 1
        assert table.overlaps() == 0
        await table.close()

    play(scene())


@pytest.mark.parametrize("shows", [True, False])
def test_bots_do_not_answer_bots_unless_they_may_and_then_not_for_ever(shows: bool) -> None:
    async def scene() -> None:
        table = RoundTable(shows=shows)
        table.sit("Ada", rules=TurnRules(answers_other_bots=True))
        table.sit("Marco", rules=TurnRules(answers_other_bots=True))
        table.sit("Vera")
        await table.open()
        await table.say(QUESTION)
        await asyncio.sleep(90)
        speakers = table.speakers()
        assert speakers == ["Ada", "Marco"] * (LONGEST_CHAIN // 2) + ["Ada"]
        assert table.overlaps() == 0
        asked = table.bots["Marco"].llm.asked[0][-1]["content"]
        assert asked == "[The assistant Ada said:] This is what ada thinks about all of that."
        # A person is answered at once, and then they may go on.
        await table.say("Vera, what do you think of all that?")
        await table.until_speaks("Vera")
        await table.until_speaks("Ada")
        await table.close()

    play(scene())


def test_a_bot_that_is_named_by_another_replies_without_a_pause() -> None:
    async def scene() -> None:
        table = RoundTable()
        table.sit("Ada", answers=["I do not know that. Vera, do you know when it is due?"])
        table.sit("Marco", rules=TurnRules(answers_other_bots=True))
        table.sit("Vera", rules=TurnRules(answers_other_bots=True))
        await table.open()
        await table.say(QUESTION)
        await table.until_speaks("Vera")
        await asyncio.sleep(0.5)
        assert table.speakers() == ["Ada", "Vera"]
        await table.close()

    play(scene())
