"""The desk: launching, several bots, closing, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speakdesk.app import voices
from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import PersonaError, ProviderError, SpeechError
from speakdesk.domain.events import LineFinal, SettingsChanged
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK, parse_link
from speakdesk.domain.speech import SpeechWish
from speakdesk.providers.base import ProviderStatus
from speakdesk.store.paths import Paths
from tests.standins.desk import ScriptedProvider, ScriptedVoice, Seen

IN_CALL = ProviderStatus("in_call_recording", BotState.IN_CALL)


class Office:
    """A desk with a scripted provider and scripted voices."""

    def __init__(self, home: Path) -> None:
        self.provider = ScriptedProvider(now=IN_CALL)
        self.voices: list[ScriptedVoice] = []
        self.seen = Seen()
        self.desk = self.make(home)

    def make(self, home: Path) -> Desk:
        def build(order, emit):  # type: ignore[no-untyped-def]
            self.voices.append(ScriptedVoice(order, emit))
            return self.voices[-1]

        return Desk(Paths.inside(home), build_voice=build, providers={"scripted": self.provider})

    def launch(self, *personas: str) -> Launch:
        return Launch(PRACTICE_LINK, personas, provider="scripted")


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async def warm_nothing(self: voices.Voices, keys: object) -> None:
        self._is_warm = False

    monkeypatch.setattr(voices.Voices, "warm", warm_nothing)
    for name in ("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "CARTESIA_API_KEY", "GLADIA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    office = Office(tmp_path)
    await office.desk.open()
    office.desk.bus.subscribe(office.seen)
    yield office
    await office.desk.close()


async def test_two_bots_of_one_persona_get_two_names(office: Office) -> None:
    first, second = await office.desk.launch(office.launch("interviewer", "interviewer"))
    assert office.desk.bots[first].name == "Ada"
    assert office.desk.bots[second].name == "Ada 2"
    await office.seen.state(BotState.IN_CALL, second)
    assert office.voices[0].order.siblings() == {"Ada 2"}


async def test_bots_know_who_joins_the_same_meeting_later_and_who_is_elsewhere(
    office: Office,
) -> None:
    (first,) = await office.desk.launch(office.launch("interviewer"))
    await office.seen.state(BotState.IN_CALL, first)
    ada = office.voices[0].order
    assert ada.siblings() == frozenset()
    (second,) = await office.desk.launch(office.launch("meeting_scribe"))
    link = parse_link("https://meet.google.com/abc-defg-hij")
    elsewhere = Launch(link, ("standup_facilitator",), provider="scripted")
    (third,) = await office.desk.launch(elsewhere)
    await office.seen.state(BotState.IN_CALL, second)
    await office.seen.state(BotState.IN_CALL, third)
    bots = office.desk.bots
    assert ada.siblings() == {bots[second].name}
    assert office.voices[1].order.siblings() == {"Ada"}
    assert office.voices[2].order.siblings() == frozenset()
    await office.desk.leave(second)
    await office.seen.state(BotState.ENDED, second)
    # Its last words may still be on their way to the other one's ears.
    assert ada.siblings() == {bots[second].name}


async def test_a_bot_that_crashes_takes_no_other_down(office: Office) -> None:
    (first,) = await office.desk.launch(office.launch("interviewer"))
    await office.seen.state(BotState.IN_CALL, first)

    async def broken(text: str) -> None:
        raise ZeroDivisionError

    office.provider.create = broken  # type: ignore[method-assign, assignment]
    (second,) = await office.desk.launch(office.launch("meeting_scribe"))
    await office.seen.state(BotState.FAILED, second)
    assert office.desk.bots[second].problem is not None
    assert office.desk.bots[first].state is BotState.IN_CALL


async def test_an_unknown_persona_starts_nothing(office: Office) -> None:
    with pytest.raises(PersonaError, match="interviewer"):
        await office.desk.launch(office.launch("interviwer"))
    assert office.desk.bots == {}


async def test_a_service_without_its_key_stops_the_launch_in_words(office: Office) -> None:
    launch = Launch(
        PRACTICE_LINK, ("interviewer",), provider="scripted", speech=SpeechWish(stt="deepgram")
    )
    with pytest.raises(SpeechError, match="DEEPGRAM_API_KEY"):
        await office.desk.launch(launch)
    assert office.provider.requests == []


async def test_the_practice_room_does_not_pretend_to_reach_google_meet(office: Office) -> None:
    link = parse_link("https://meet.google.com/abc-defg-hij")
    with pytest.raises(ProviderError, match="Google Meet meetings"):
        await office.desk.launch(Launch(link, ("interviewer",)))


async def test_closing_leaves_every_bot_and_the_history_has_them(
    office: Office, tmp_path: Path
) -> None:
    bots = await office.desk.launch(office.launch("interviewer", "meeting_scribe"))
    for bot in bots:
        await office.seen.state(BotState.IN_CALL, bot)
    office.voices[0].emit(
        LineFinal(bot_id=bots[0], line_id="1", speaker="Ada", text="Hello there.", is_bot=True)
    )
    await office.desk.close()
    assert sorted(office.provider.left) == ["remote-1", "remote-2"]
    assert all(voice.stopped for voice in office.voices)

    again = office.make(tmp_path)
    await again.open()
    try:
        (meeting,) = await again.history.meetings()
        record = await again.history.meeting(meeting.id)
        assert [line.text for line in record.lines] == ["Hello there."]
        assert {bot.state for bot in record.bots} == {BotState.ENDED}
        assert {bot.provider_bot_id for bot in record.bots} == {"remote-1", "remote-2"}
    finally:
        await again.close()


async def test_hush_all_reaches_every_live_bot(office: Office) -> None:
    bots = await office.desk.launch(office.launch("interviewer", "meeting_scribe"))
    for bot in bots:
        await office.seen.state(BotState.IN_CALL, bot)
    await office.desk.hush_all()
    assert [voice.hushes for voice in office.voices] == [1, 1]


async def test_the_greeting_can_be_replaced_or_left_out(office: Office) -> None:
    await office.desk.launch(
        Launch(PRACTICE_LINK, ("interviewer",), provider="scripted", greeting="")
    )
    await office.seen.state(BotState.IN_CALL)
    assert office.voices[0].order.greeting == ""


async def test_saved_settings_are_told_with_what_differs(office: Office, tmp_path: Path) -> None:
    settings = office.desk.settings.current.with_changes(theme="dark")
    await office.desk.save_settings(settings)
    event = await office.seen.until(
        lambda e: isinstance(e, SettingsChanged) and "theme" in e.fields
    )
    assert event.fields == ("theme",)  # type: ignore[attr-defined]
    again = office.make(tmp_path)
    await asyncio.to_thread(again.settings.load)
    assert again.settings.current.theme == "dark"


async def test_the_plan_says_what_will_be_used_and_why(office: Office) -> None:
    await office.desk._loaded.ready()
    plan = office.desk.plan("interviewer")
    assert (plan.stt.key, plan.llm.key, plan.tts.key) == ("sphinx", "notes", "espeak")
    assert "eSpeak" in office.desk.plan_sentence(plan)
    assert plan.stt.why
