"""The studio's voices: listed, kept, heard, matched, and flagged before a launch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from speakdesk.app.desk import Desk
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.errors import PersonaError, Problem, Reason, SpeechError
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.persona import Persona, temporary_persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan, SpeechWish
from speakdesk.domain.voice import BY_MODEL, BY_RANKING
from speakdesk.providers import espeak
from speakdesk.store.paths import Paths
from tests.standins.base import Fault
from tests.standins.cartesia import CartesiaStandIn
from tests.standins.openai import OpenAIStandIn

KEY = "cartesia-test-key-123456"


def listed(voice_id: str, name: str, language: str, gender: str, about: str) -> dict[str, Any]:
    return {
        "id": voice_id,
        "name": name,
        "language": language,
        "gender": gender,
        "description": about,
    }


VOICES = [
    listed("v-tom", "Tom", "en", "masculine", "A calm, friendly man."),
    listed("v-mia", "Mia", "en", "feminine", "A calm, friendly woman."),
    listed("v-zoe", "Zoe", "en", "feminine", "Loud."),
    listed("v-uta", "Uta", "de", "feminine", "Ruhig."),
]
ADA = Persona(
    "ada",
    "Ada",
    prompt="You are Ada.",
    voice_tone=("A calm, friendly tone",),
    metadata={"gender": "FEMALE", "language_code": "en", "tts": "cartesia"},
)


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.moment = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Office:
    """A studio with its vendors."""

    def __init__(self, home: Path, cartesia: CartesiaStandIn, openai: OpenAIStandIn) -> None:
        self.home = home
        self.cartesia = cartesia
        self.openai = openai
        self.clock = TestClock()
        self.keys = {"CARTESIA_API_KEY": KEY, "CARTESIA_URL": cartesia.tts_url}
        self.wish = SpeechWish()
        self.studio = self.reopened()

    def reopened(self) -> PersonaStudio:
        shelf = PersonaShelf(None, self.home / "personas", self.home / "state")
        self.studio = PersonaStudio(
            self.home / "cache",
            lambda: Keys(self.keys),
            lambda: self.wish,
            shelf,
            clock=self.clock,
            sleep=no_wait,
        )
        return self.studio

    def use_model(self) -> None:
        self.keys |= {"OPENAI_BASE_URL": self.openai.base_url, "LLM_MODEL": "small"}

    @property
    def lists_asked(self) -> int:
        return sum(request.path == "/voices" for request in self.cartesia.requests)


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with CartesiaStandIn(voices=list(VOICES)) as cartesia, OpenAIStandIn() as openai:
        yield Office(tmp_path, cartesia, openai)


def plan(voice: str, service: str = "cartesia") -> SpeechPlan:
    return SpeechPlan(
        ServiceChoice(Role.STT, "sphinx"),
        ServiceChoice(Role.LLM, "notes"),
        ServiceChoice(Role.TTS, service, voice=voice),
    )


# -- lists --------------------------------------------------------------------------------------


async def test_lists_and_searches(office: Office) -> None:
    found = await office.studio.voices("cartesia", language="en", gender="female", words="calm")
    assert [voice.id for voice in found.voices] == ["v-mia"]
    assert (found.from_cache, found.problem) == (False, None)
    assert found.fetched_at == office.clock.moment


async def test_a_list_of_today_is_not_fetched_again(office: Office) -> None:
    await office.studio.voices("cartesia")
    office.clock.moment += timedelta(hours=23)
    again = await office.reopened().voices("cartesia")
    assert (again.from_cache, len(again.voices), office.lists_asked) == (True, 4, 1)
    office.clock.moment += timedelta(hours=2)
    assert not (await office.studio.voices("cartesia")).from_cache
    assert not (await office.studio.voices("cartesia", refresh=True)).from_cache
    assert office.lists_asked == 3


async def test_two_who_ask_at_once_fetch_once(office: Office) -> None:
    await asyncio.gather(office.studio.voices("cartesia"), office.studio.voices("cartesia"))
    assert office.lists_asked == 1


@pytest.mark.parametrize(
    "fault", [Fault.REFUSED_KEY, Fault.SERVER_ERROR, Fault.GARBAGE, Fault.DROP]
)
async def test_in_trouble_the_kept_list_is_given_with_the_problem(
    office: Office, fault: Fault
) -> None:
    before = await office.studio.voices("cartesia")
    office.clock.moment += timedelta(days=9)
    office.cartesia.fault = fault
    found = await office.reopened().voices("cartesia")
    assert found.voices == before.voices
    assert (found.from_cache, found.fetched_at) == (True, before.fetched_at)
    assert found.problem is not None
    assert "Cartesia" in found.problem.sentence


async def test_without_a_key_the_kept_list_still_serves(office: Office) -> None:
    await office.studio.voices("cartesia")
    del office.keys["CARTESIA_API_KEY"]
    office.clock.moment += timedelta(days=2)
    found = await office.reopened().voices("cartesia", language="de")
    assert [voice.name for voice in found.voices] == ["Uta"]
    assert found.problem is not None
    assert "CARTESIA_API_KEY" in found.problem.next_step


async def test_with_neither_key_nor_list_the_next_step_is_told(office: Office) -> None:
    office.keys.clear()
    found = await office.studio.voices("cartesia")
    assert found.voices == ()
    assert found.problem is not None
    assert found.problem.reason is Reason.MISSING


async def test_a_cache_that_cannot_be_written_costs_nothing_but_the_cache(office: Office) -> None:
    (office.home / "cache").write_text("a file where the folder should be")
    found = await office.studio.voices("cartesia")
    assert len(found.voices) == 4
    assert found.problem is None


async def test_the_desks_own_service_is_meant_by_none(office: Office) -> None:
    assert (await office.studio.voices()).service == "cartesia"
    office.keys.clear()
    found = await office.studio.voices(language="de", gender="FEMALE")
    assert found.service == "espeak"
    assert {voice.gender for voice in found.voices} == {"FEMALE"}
    assert (await office.studio.voices("openai")).voices


async def test_an_unknown_service_is_told(office: Office) -> None:
    found = await office.studio.voices("polly")
    assert found.problem is not None
    assert "polly" in found.problem.sentence


# -- samples ------------------------------------------------------------------------------------


async def test_a_sample_is_paid_for_once(office: Office) -> None:
    mia = (await office.studio.voices("cartesia", words="mia")).voices[0]
    first = await office.studio.sample(mia, "Hello, I am  Ada.", "en-GB")
    again = await office.reopened().sample(mia, "Hello, I am Ada.", "en-US")
    assert first == again
    assert office.cartesia.texts == ["Hello, I am Ada."]
    await office.studio.sample(mia, "", "de")
    assert office.cartesia.texts[1].startswith("Hallo")


async def test_a_sample_is_bounded(office: Office) -> None:
    mia = (await office.studio.voices("cartesia", words="mia")).voices[0]
    await office.studio.sample(mia, "word " * 500, "en")
    assert len(office.cartesia.texts[0]) <= 400


async def test_a_sample_of_this_computers_voice_needs_nobody(office: Office) -> None:
    office.keys.clear()
    voice = (await office.studio.voices("espeak", language="de", gender="MALE")).voices[0]
    assert (await office.studio.sample(voice, "Guten Tag.", "de")).seconds > 0.3


async def test_a_persona_is_heard_in_its_own_voice(office: Office) -> None:
    await office.studio.voices("cartesia")
    known = office.studio.known_voice("cartesia", "v-mia")
    assert known is not None
    assert known.name == "Mia"
    assert office.studio.known_voice("cartesia", "v-none") is None
    greeting = replace(ADA, metadata={**ADA.metadata, "greeting": "Hello, I am Ada."})
    await office.studio.hear(greeting, plan("v-mia"))
    assert office.cartesia.texts == ["Hello, I am Ada."]
    offline = await office.studio.hear(greeting, plan("", "espeak"))
    other = await office.studio.hear(
        replace(greeting, metadata={**greeting.metadata, "gender": "MALE"}), plan("", "espeak")
    )
    assert offline.seconds > 0.3
    assert offline.pcm != other.pcm


async def test_a_sample_without_a_key_says_which(office: Office) -> None:
    voice = (await office.studio.voices("openai")).voices[0]
    with pytest.raises(SpeechError) as caught:
        await office.studio.sample(voice, "Hello.", "en")
    assert "OPENAI_API_KEY" in caught.value.problem.next_step


# -- matching -----------------------------------------------------------------------------------


async def test_without_a_model_the_ranking_chooses_and_says_why(office: Office) -> None:
    match = await office.studio.match_voice(ADA)
    assert (match.voice.id, match.by, match.problem) == ("v-mia", BY_RANKING, None)
    assert "female" in match.why
    assert [voice.id for voice in match.alternatives] == ["v-zoe", "v-tom"]


async def test_a_model_chooses_from_the_list_and_says_why(office: Office) -> None:
    office.use_model()
    office.openai.answers.append(json.dumps({"number": 2, "why": "It is lively, as she is."}))
    match = await office.studio.match_voice(ADA)
    assert (match.voice.id, match.by) == ("v-zoe", BY_MODEL)
    assert match.why == "It is lively, as she is."
    assert match.voice not in match.alternatives
    question = office.openai.requests[-1].body["messages"][-1]["content"]
    assert "1. Mia (female, en): A calm, friendly woman." in question
    assert "Uta" not in question


@pytest.mark.parametrize(
    "answer", ['{"number": 99, "why": "x"}', '{"number": true}', '{"number": "1"}', "{}"]
)
async def test_an_answer_off_the_list_leaves_it_to_the_ranking(office: Office, answer: str) -> None:
    office.use_model()
    office.openai.answers.append(answer)
    match = await office.studio.match_voice(ADA)
    assert (match.voice.id, match.by) == ("v-mia", BY_RANKING)
    assert match.problem is not None
    assert "not on the list" in match.problem.sentence


async def test_a_model_that_fails_leaves_it_to_the_ranking(office: Office) -> None:
    office.use_model()
    office.openai.fault = Fault.REFUSED_KEY
    match = await office.studio.match_voice(ADA)
    assert (match.voice.id, match.by) == ("v-mia", BY_RANKING)
    assert match.problem is not None
    assert match.problem.reason is Reason.AUTHENTICATION


async def test_a_model_that_is_not_set_up_leaves_it_to_the_ranking(office: Office) -> None:
    office.wish = SpeechWish(llm="openai")
    match = await office.studio.match_voice(ADA)
    assert match.by == BY_RANKING
    assert match.problem is not None
    assert "OPENAI_API_KEY" in match.problem.sentence


async def test_no_voice_of_the_language_is_told(office: Office) -> None:
    swahili = Persona("s", "Sefu", metadata={"language_code": "sw", "tts": "cartesia"})
    with pytest.raises(SpeechError, match="None of the 4 voices speaks “sw”") as caught:
        await office.studio.match_voice(swahili)
    assert "de, en" in caught.value.problem.next_step
    match = await office.studio.match_voice(swahili, "espeak")
    assert match.voice.language == "sw"


async def test_no_list_at_all_is_the_vendors_problem(office: Office) -> None:
    office.cartesia.fault = Fault.QUOTA
    with pytest.raises(SpeechError, match="nothing left to spend"):
        await office.studio.match_voice(ADA)


async def test_the_chosen_voice_goes_into_the_file_under_its_key(office: Office) -> None:
    match = await office.studio.match_voice(ADA)
    spoken = office.studio.with_voice(ADA, match.voice)
    assert (spoken.voice_for("cartesia"), spoken.speech.tts) == ("v-mia", "cartesia")
    offline = (await office.studio.match_voice(ADA, "espeak")).voice
    spoken = office.studio.with_voice(ADA, offline)
    assert (spoken.voice_for("espeak"), spoken.speech.tts) == (offline.id, "espeak")


async def test_the_service_is_left_open_where_it_is_the_one_anyway(office: Office) -> None:
    open_ada = Persona("ada", "Ada", metadata={"language_code": "en"})
    match = await office.studio.match_voice(open_ada)
    assert match.voice.service == "cartesia"
    assert "tts" not in office.studio.with_voice(open_ada, match.voice).metadata


# -- before a launch ----------------------------------------------------------------------------


def told(problem: Problem | None) -> str:
    return "" if problem is None else problem.sentence


async def test_flags_a_voice_that_is_gone_or_of_another_language(office: Office) -> None:
    await office.studio.voices("cartesia")
    studio = office.reopened()
    assert studio.voice_problem(ADA, plan("v-gone")) is None
    await studio.load()
    assert studio.voice_problem(ADA, plan("v-mia")) is None
    assert "v-gone is not among Cartesia's voices of 3 July 2026" in told(
        studio.voice_problem(ADA, plan("v-gone"))
    )
    assert "Uta is made for “de”" in told(studio.voice_problem(ADA, plan("v-uta")))
    assert studio.voice_problem(ADA, plan("")) is None


async def test_the_plan_warns(office: Office) -> None:
    await office.studio.voices("cartesia")
    warned = office.studio.with_voice_warning(ADA, plan("v-uta"))
    assert len(warned.warnings) == 1
    assert "Choose a voice of that language" in warned.warnings[0]
    assert office.studio.with_voice_warning(ADA, plan("v-mia")) == plan("v-mia")


async def test_openais_voices_are_known_unless_another_server_speaks(office: Office) -> None:
    assert "chatty is not among OpenAI's" in told(
        office.studio.voice_problem(ADA, plan("chatty", "openai"))
    )
    assert office.studio.voice_problem(ADA, plan("marin", "openai")) is None
    office.use_model()
    assert office.studio.voice_problem(ADA, plan("chatty", "openai")) is None


async def test_this_computers_voices_are_checked_once_they_are_in_memory(office: Office) -> None:
    await asyncio.to_thread(espeak.voices)
    await office.studio.voices("espeak")
    assert "no voice" in told(office.studio.voice_problem(ADA, plan("gibberish", "espeak")))
    assert "made for “de”" in told(office.studio.voice_problem(ADA, plan("de+f3", "espeak")))
    assert office.studio.voice_problem(ADA, plan("f3", "espeak")) is None


async def test_the_list_is_freshened_once_a_day_and_quietly(office: Office) -> None:
    await office.studio.freshen()
    await office.studio.freshen()
    assert office.lists_asked == 1
    office.clock.moment += timedelta(days=2)
    office.cartesia.fault = Fault.SILENT
    await office.studio.freshen(0.05)
    assert office.studio.voice_problem(ADA, plan("v-gone")) is not None


async def test_a_failure_to_freshen_is_not_repeated_at_once(office: Office) -> None:
    office.cartesia.fault = Fault.REFUSED_KEY
    await office.studio.freshen()
    await office.studio.freshen()
    assert office.lists_asked == 1
    office.clock.moment += timedelta(minutes=11)
    await office.studio.freshen()
    assert office.lists_asked == 2


async def test_the_desk_says_it_before_the_launch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in office.keys.items():
        monkeypatch.setenv(name, value)
    folder = office.home / "data" / "personas" / "uta"
    folder.mkdir(parents=True)
    text = "# Uta\n\nHi.\n\n## Metadata\n\n- tts: cartesia\n- cartesia_voice_id: v-gone\n"
    (folder / "README.md").write_text(text, encoding="utf-8")
    desk = Desk(Paths.inside(office.home))
    await desk.open()
    try:
        wish = SpeechWish(stt="sphinx", llm="notes")
        launch = Launch(PRACTICE_LINK, ("uta",), provider="practice", speech=wish)
        await desk.check_launch(launch)
        assert "v-gone is not among Cartesia's voices" in desk.plan("uta", wish).warnings[0]
    finally:
        await desk.close()


async def test_nothing_is_asked_without_a_key(office: Office) -> None:
    office.keys.clear()
    await office.studio.freshen()
    assert office.lists_asked == 0


async def test_the_desk_takes_a_persona_that_no_library_holds(office: Office) -> None:
    desk = Desk(Paths.inside(office.home))
    await desk.open()
    try:
        ben = temporary_persona("You are Ben, a timekeeper.")
        wish = SpeechWish(stt="sphinx", llm="notes", tts="espeak")
        launch = Launch(PRACTICE_LINK, (ben.key,), speech=wish, given=(ben,))
        assert await desk.check_launch(launch) == ("Ben",)
        assert desk.plan(ben, wish).tts.key == "espeak"
        mine = replace(desk.personas.get("interviewer"), name="Ida, unsaved")
        assert await desk.check_launch(
            Launch(PRACTICE_LINK, (mine.key,), speech=wish, given=(mine,))
        ) == ("Ida, unsaved",)
        with pytest.raises(PersonaError):
            await desk.check_launch(Launch(PRACTICE_LINK, (ben.key,), speech=wish))
    finally:
        await desk.close()
