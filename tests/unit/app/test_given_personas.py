"""A bot from a bare prompt or from unsaved text: launched, shown, sent again, in the history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from speakdesk.app.desk import Desk
from speakdesk.app.rehearsal import Rehearsal, Turn
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.events import Event, LineFinal
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.persona import TEMPORARY_KEY, Persona, temporary_persona
from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules
from speakdesk.pipeline.build import PipecatVoice, build_voice
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.store.paths import Paths
from tests.standins.desk import Seen
from tests.standins.instant import ANSWER, InstantLLM, InstantSTT, InstantTTS

OFFLINE = SpeechWish(stt="sphinx", llm="notes", tts="espeak")
MAX = temporary_persona("You are Max, a kind guide.", greeting="Hi, Max here.")


class Voices:
    """Voices that take no time, and what they were made from."""

    def __init__(self) -> None:
        self.orders: list[VoiceOrder] = []

    def __call__(self, order: VoiceOrder, emit: Callable[[Event], None]) -> PipecatVoice:
        self.orders.append(order)
        rules = TurnRules(detection=TurnDetection.SILENCE, silence_s=0.3)
        triple = (InstantSTT(), InstantLLM(), InstantTTS(0.2))
        return build_voice(replace(order, turns=rules), emit, lambda: triple)


class Office:
    def __init__(self, desk: Desk, voices: Voices) -> None:
        self.desk, self.voices, self.seen = desk, voices, Seen()
        desk.bus.subscribe(self.seen)

    async def launch(self, *given: Persona, keys: tuple[str, ...] = ()) -> str:
        keys = keys or tuple(persona.key for persona in given)
        launch = Launch(PRACTICE_LINK, keys, given=given, speech=OFFLINE)
        (bot_id,) = await self.desk.launch(launch)
        await self.greeted(bot_id)
        return bot_id

    async def greeted(self, bot_id: str) -> None:
        await self.seen.state(BotState.IN_CALL, bot_id)
        await self.seen.until(
            lambda e: isinstance(e, LineFinal) and e.is_bot and e.bot_id == bot_id
        )

    async def ends(self, bot_id: str) -> None:
        await self.desk.leave(bot_id)
        await self.seen.state(BotState.ENDED, bot_id)

    def said(self, bot_id: str) -> list[str]:
        lines = [e for e in self.seen.events if isinstance(e, LineFinal) and e.is_bot]
        return [line.text for line in lines if line.bot_id == bot_id]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    voices = Voices()
    desk = Desk(Paths.inside(tmp_path), build_voice=voices)
    await desk.open()
    yield Office(desk, voices)
    await desk.close()


async def test_a_bare_prompt_joins_greets_and_is_shown_by_its_name(office: Office) -> None:
    bot_id = await office.launch(MAX)
    view = office.desk.bots[bot_id]
    assert (view.name, view.persona) == ("Max", TEMPORARY_KEY)
    assert office.said(bot_id) == ["Hi, Max here."]
    assert office.voices.orders[0].persona.prompt == "You are Max, a kind guide."
    assert all(p.key != TEMPORARY_KEY for p in office.desk.personas.all())


async def test_the_history_keeps_it_by_its_name(office: Office) -> None:
    await office.ends(await office.launch(MAX))
    (entry,) = await office.desk.history.meetings()
    assert "Max" in str(entry)
    assert MAX.prompt not in str(entry)


async def test_it_is_sent_again_as_it_was(office: Office) -> None:
    first = await office.launch(MAX)
    await office.ends(first)
    (second,) = await office.desk.send_again(first)
    await office.greeted(second)
    assert office.said(second) == ["Hi, Max here."]
    assert office.voices.orders[1].persona == MAX
    assert office.desk.launch_of(second).given == (MAX,)


async def test_unsaved_text_wins_over_the_library_and_leaves_it_alone(office: Office) -> None:
    saved = office.desk.personas.get("interviewer")
    unsaved = replace(saved, metadata={**saved.metadata, "greeting": "Not saved yet."})
    bot_id = await office.launch(unsaved)
    assert office.said(bot_id) == ["Not saved yet."]
    assert office.desk.personas.get("interviewer") == saved


async def test_one_of_each_come_together_and_each_goes_again_alone(office: Office) -> None:
    launch = Launch(
        PRACTICE_LINK, (MAX.key, "interviewer"), given=(MAX,), speech=OFFLINE, names=("Maxi",)
    )
    first, second = await office.desk.launch(launch)
    await office.greeted(first)
    await office.greeted(second)
    assert [office.desk.bots[bot].name for bot in (first, second)] == ["Maxi", "Ada"]
    assert office.desk.launch_of(first).given == (MAX,)
    assert office.desk.launch_of(second).given == ()


async def test_two_of_the_same_key_are_refused_before_anything_happens(office: Office) -> None:
    other = temporary_persona("You are Mia.")
    with pytest.raises(PersonaError, match="same key"):
        await office.desk.launch(Launch(PRACTICE_LINK, (MAX.key,), given=(MAX, other)))
    assert not office.desk.bots


async def test_a_rehearsal_waits_for_its_greeting_and_its_answer(office: Office) -> None:
    async def turns() -> AsyncIterator[Turn]:
        yield Turn(text="Hello?")

    launch = Launch(PRACTICE_LINK, (MAX.key,), given=(MAX,), speech=OFFLINE)
    await Rehearsal(office.desk).run(launch, turns())
    (bot_id,) = office.desk.bots
    assert office.said(bot_id) == ["Hi, Max here.", ANSWER]


def test_a_prompt_is_no_part_of_what_is_logged() -> None:
    assert "kind guide" not in repr(Launch(PRACTICE_LINK, (MAX.key,), given=(MAX,)))
