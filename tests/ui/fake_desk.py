"""A Desk that does what a test tells it: no sockets, no files, no Pipecat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from speakdesk.app.bus import EventBus
from speakdesk.app.personas.sharing import PersonaSharing
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.domain.bot import BotState, Evidence, EvidenceMark
from speakdesk.domain.errors import (
    Problem,
    ProviderError,
    Reason,
    SpeakDeskError,
    Stage,
    StoreError,
)
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    Event,
    LineFinal,
    LinePartial,
    LogLine,
    Notice,
    SettingsChanged,
    TurnTimed,
)
from speakdesk.domain.incidents import Incidents
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.meeting import Platform
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan, SpeechWish
from speakdesk.domain.tunnel import AgentAsker
from speakdesk.providers.base import KeyCheck, KeyVerdict
from speakdesk.store.history.records import (
    BotRecord,
    LineRecord,
    MeetingRecord,
    MeetingSummary,
)
from speakdesk.store.settings import Settings
from tests.ui.fake_calendar import FakeCalendar

START = datetime(2026, 11, 20, 10, 2, 4, tzinfo=UTC)


def persona(key: str, name: str, role: str, language: str = "en", **meta: str) -> Persona:
    return Persona(
        key=key,
        name=name,
        prompt=f"You are {name}, {role}. You listen first and answer in short spoken sentences.",
        characteristics=(role, "calm and clear"),
        voice_tone=("warm",),
        metadata={
            "role": role,
            "language_code": language,
            "greeting": f"Hello, I am {name}.",
            **meta,
        },
        knowledge=(Knowledge("plan.md", "The pilot starts in March. " * 40),),
        is_bundled=True,
    )


PERSONAS = (
    persona("ada", "Ada", "interviewer"),
    persona("marco", "Marco", "sales sparring partner", "it"),
    persona("sora", "Sora", "stand-up facilitator"),
    persona("nia", "Nia", "meeting scribe"),
    persona("lena", "Lena", "language partner for patient conversation", "de"),
    persona("otto", "Otto", "onboarding guide"),
)


@dataclass(frozen=True)
class FakeProvider:
    key: str = "practice"
    name: str = "Practice room"
    platforms: frozenset[Platform] = frozenset({Platform.PRACTICE})
    is_ready: bool = True
    why: str = "runs on this computer; no key needed"
    capabilities: frozenset[str] = frozenset({"audio", "chat", "status"})


MEETINGBAAS = FakeProvider(
    "meetingbaas",
    "MeetingBaas",
    frozenset({Platform.MEET, Platform.ZOOM, Platform.TEAMS}),
    True,
    "",
    frozenset({"audio", "chat", "status", "recording", "pause", "schedule", "calendar"}),
)
MEETINGBAAS_V1 = FakeProvider(
    "meetingbaas-v1",
    "MeetingBaas v1",
    MEETINGBAAS.platforms,
    True,
    "",
    frozenset({"audio", "status", "recording", "schedule", "calendar"}),
)


@dataclass(frozen=True)
class FakeLevels:
    heard: float = 0.0
    spoken: float = 0.0


@dataclass(frozen=True)
class FakeCheck:
    name: str
    ok: bool
    sentence: str
    next_step: str = ""
    is_optional: bool = False


class FakePersonas:
    def __init__(self, personas: Iterable[Persona]) -> None:
        self.shelf = {p.key: p for p in personas}

    def all(self) -> tuple[Persona, ...]:
        return tuple(self.shelf.values())

    def get(self, key: str) -> Persona:
        return self.shelf[key]

    def broken(self) -> tuple[()]:
        return ()

    async def unsaved(self) -> frozenset[str]:
        return frozenset()

    def is_own(self, persona: Persona) -> bool:
        return not persona.is_bundled


class FakeStudio:
    """Knows no voice and draws nothing."""

    def voice_problem(self, persona: Persona, plan: SpeechPlan) -> None:
        return None

    def known_voice(self, service: str, voice_id: str) -> None:
        return None


class FakePractice:
    def __init__(self) -> None:
        self.is_open = True
        self.said: list[str] = []
        self.listeners: list[Callable[[bytes], None]] = []
        self.fed = bytearray()
        self.arranged: list[Incidents] = []

    def arrange(self, incidents: Incidents) -> None:
        self.arranged.append(incidents)

    async def say(self, text: str) -> None:
        self.said.append(text)

    def feed_microphone(self, pcm: bytes, rate_hz: int) -> None:
        self.fed += pcm

    def listen(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)


class FakeHistory:
    """Holds whole records; searching is a plain substring."""

    def __init__(self) -> None:
        self.records: list[MeetingRecord] = []
        self.questions: list[str] = []

    def add(self, number: int, title: str, lines: Iterable[tuple[str, str, bool]]) -> None:
        begun = START - timedelta(hours=number)
        said = tuple(
            LineRecord("bot", f"l{i}", begun + timedelta(seconds=4 * i), speaker, text, is_bot)
            for i, (speaker, text, is_bot) in enumerate(lines)
        )
        ended = begun + timedelta(seconds=4 * len(said) + 10)
        summary = MeetingSummary(
            id=f"m{number}",
            title=title,
            platform="practice",
            place="Practice room",
            provider="practice",
            started=begun,
            ended=ended,
            cause="asked to leave",
            bot_count=1,
            line_count=len(said),
            snippet=said[0].text if said else "",
        )
        bot = BotRecord(
            "bot",
            "Ada",
            "ada",
            "practice",
            "p1",
            BotState.ENDED,
            "asked to leave",
            None,
            len(said),
            begun,
            ended,
        )
        self.records.append(MeetingRecord(summary, (bot,), said, (), ()))

    async def meetings(
        self, limit: int = 50, before: str | None = None, search: str = ""
    ) -> tuple[MeetingSummary, ...]:
        self.questions.append(search)
        await asyncio.sleep(0)
        found = []
        for record in self.records:
            hit = next((n for n in record.lines if search.casefold() in n.text.casefold()), None)
            if search and hit is None:
                continue
            found.append(
                replace(record.summary, snippet=hit.text)
                if search and hit is not None
                else record.summary
            )
        ids = [summary.id for summary in found]
        start = ids.index(before) + 1 if before in ids else 0
        return tuple(found[start : start + limit])

    async def meeting(self, meeting_id: str) -> MeetingRecord:
        await asyncio.sleep(0)
        for record in self.records:
            if record.summary.id == meeting_id:
                return record
        raise StoreError(Problem(Stage.STORE, Reason.NOT_FOUND, "There is no such meeting."))

    async def search(self, text: str, limit: int = 100) -> tuple[Any, ...]:
        return ()

    async def delete(self, meeting_id: str) -> None:
        self.records = [r for r in self.records if r.summary.id != meeting_id]

    async def export(self, meeting_id: str, form: str, source: str = "ours") -> str:
        record = await self.meeting(meeting_id)
        if source == "provider":
            return "\n".join(line.text for line in record.provider_lines)
        return "\n".join(line.text for line in record.lines)


class FakeAfter:
    """Notes what was asked; a test answers with `finish`, or lets `progress` come."""

    def __init__(self) -> None:
        self.recording = frozenset({"meetingbaas"})
        self.writing: set[str] = set()
        self.calls: list[tuple[Any, ...]] = []
        self.refuse: SpeakDeskError | None = None
        self.progress: Callable[[Any], None] = lambda progress: None
        self._done: asyncio.Future[Any] | None = None

    def keeps_recordings(self, provider_key: str) -> bool:
        return provider_key in self.recording

    def is_summarising(self, meeting_id: str) -> bool:
        return meeting_id in self.writing

    async def refresh(self, meeting_id: str) -> None:
        await self._answer("refresh", meeting_id)

    async def delete_at_provider(self, meeting_id: str) -> None:
        await self._answer("delete", meeting_id)

    async def summarise(self, meeting_id: str) -> Any:
        self.writing.add(meeting_id)
        try:
            return await self._answer("summarise", meeting_id)
        finally:
            self.writing.discard(meeting_id)

    async def download(
        self, meeting_id: str, bot_id: str, kind: Any, target: Any, on_progress: Any
    ) -> Any:
        self.progress = on_progress
        return await self._answer("download", meeting_id, bot_id, str(kind))

    async def _answer(self, *call: Any) -> Any:
        self.calls.append(call)
        if self.refuse is not None:
            raise self.refuse
        self._done = asyncio.get_running_loop().create_future()
        return await self._done

    def finish(self, result: Any = None) -> None:
        """Let what was asked for last be done."""
        assert self._done is not None
        self._done.set_result(result)


class FakeFlights:
    """Recordings by their meeting."""

    def __init__(self) -> None:
        self.notes: dict[str, tuple[Any, ...]] = {}

    async def recorded_meetings(self) -> dict[str, tuple[Any, ...]]:
        await asyncio.sleep(0)
        return dict(self.notes)

    async def flight_of(self, meeting_id: str) -> tuple[Any, ...]:
        return self.notes.get(meeting_id, ())


class FakeKeys:
    def __init__(self) -> None:
        self.sources: dict[str, str] = {"DEEPGRAM_API_KEY": "environment"}
        self.problem: Problem | None = None
        self.values: dict[str, str] = {"DEEPGRAM_API_KEY": "dg"}

    @property
    def keys(self) -> Keys:
        return Keys(self.values)

    def source_of(self, name: str) -> str:
        return self.sources.get(name, "")


class FakeSettings:
    def __init__(self) -> None:
        self.current = Settings(default_personas=("ada",))


class FakeLeftovers:
    """Nothing was left behind."""

    async def look(self) -> None: ...


class FakeDesk:
    """Follow `calls` for what the window asked; drive it with the methods at the end."""

    def __init__(self) -> None:
        self.bus = EventBus()
        self.personas = cast(PersonaShelf, FakePersonas(PERSONAS))
        self.sharing = PersonaSharing(self.personas)
        self.studio = cast(PersonaStudio, FakeStudio())
        self.practice = FakePractice()
        self.history = FakeHistory()
        self.after = FakeAfter()
        self.leftovers = FakeLeftovers()
        self.flights = FakeFlights()
        self.settings = FakeSettings()
        self.keys = FakeKeys()
        self.calendar = FakeCalendar(self)
        self.paths = SimpleNamespace(personas=Path("/home/ada/SpeakDesk/personas"))
        self.calls: list[tuple[Any, ...]] = []
        self.launches: list[Launch] = []
        self.refuse: SpeakDeskError | None = None
        self.missing: tuple[str, ...] = ()
        self.provider_rows: tuple[FakeProvider, ...] = (FakeProvider(),)
        self.loudness = FakeLevels()
        self.level_questions = 0
        self.is_warm = False
        self.kept_waiting: bool | None = None
        self.opening: Callable[[], None] | None = None
        self._bots: dict[str, BotView] = {}
        self._launches: dict[str, Launch] = {}
        self._made = 0
        self.key_check = KeyCheck(KeyVerdict.FULL, "The key may do everything.")
        self.agent_asker: AgentAsker | None = None
        self.now = START

    @property
    def bots(self) -> dict[str, BotView]:
        return dict(self._bots)

    async def open(self) -> None:
        self.calls.append(("open",))
        if self.opening is not None:
            self.opening()

    async def warm(self) -> None:
        self.is_warm = True

    async def close(self, *, keep_waiting: bool = False) -> None:
        self.calls.append(("close",))
        self.kept_waiting = keep_waiting
        for bot_id, view in self._bots.items():
            if view.is_live:
                self.move(bot_id, BotState.ENDED)

    def providers(self) -> tuple[FakeProvider, ...]:
        return self.provider_rows

    def default_personas(self) -> tuple[str, ...]:
        return ("ada",)

    def plan(self, persona: str | Persona, wish: SpeechWish | None = None) -> SpeechPlan:
        asked = wish or SpeechWish()
        why = "no key is set, so the offline voice"
        return SpeechPlan(
            ServiceChoice(Role.STT, asked.stt or "sphinx", why=why),
            ServiceChoice(Role.LLM, asked.llm or "notes", why=why),
            ServiceChoice(Role.TTS, asked.tts or "espeak", why=why),
            self.missing,
        )

    def plan_sentence(self, plan: SpeechPlan) -> str:
        return plan.sentence(
            {"sphinx": "PocketSphinx", "notes": "the notes brain", "espeak": "eSpeak NG"}
        )

    async def launch(self, launch: Launch) -> tuple[str, ...]:
        if self.refuse is not None:
            raise self.refuse
        self.launches.append(launch)
        ids = [self.add_bot(key, launch) for key in launch.personas]
        if launch.add_recorder:
            ids.append(self.add_recorder(launch))
        return tuple(ids)

    async def leave(self, bot_id: str) -> None:
        self.calls.append(("leave", bot_id))
        self.move(bot_id, BotState.ENDED)

    async def leave_all(self) -> None:
        self.calls.append(("leave_all",))
        for bot_id, view in self._bots.items():
            if view.is_live:
                self.move(bot_id, BotState.ENDED)

    async def hush(self, bot_id: str) -> None:
        self.calls.append(("hush", bot_id))

    async def hush_all(self) -> None:
        self.calls.append(("hush_all",))

    async def say(self, bot_id: str, text: str) -> None:
        self.calls.append(("say", bot_id, text))

    async def send_again(self, bot_id: str) -> tuple[str, ...]:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append(("send_again", bot_id))
        return (self.add_bot(self._bots[bot_id].persona, self._launches.get(bot_id)),)

    async def pause_recording(self, bot_id: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append(("pause", bot_id))
        self.change(bot_id, is_recording_paused=True)

    async def resume_recording(self, bot_id: str) -> None:
        self.calls.append(("resume", bot_id))
        self.change(bot_id, is_recording_paused=False)

    async def check_key(self, provider_key: str) -> KeyCheck:
        self.calls.append(("check_key", provider_key))
        await asyncio.sleep(0)
        return self.key_check

    def launch_of(self, bot_id: str) -> Launch:
        view = self._bots.get(bot_id)
        if view is None:
            raise ProviderError(Problem(Stage.APP, Reason.NOT_FOUND, "There is no such bot."))
        return self._launches.get(bot_id) or Launch(view.meeting, (view.persona,), view.provider)

    async def send_chat(self, bot_id: str, text: str) -> None:
        self.calls.append(("chat", bot_id, text))

    def levels(self, bot_id: str) -> FakeLevels:
        self.level_questions += 1
        return self.loudness

    async def checks(self) -> tuple[FakeCheck, ...]:
        return (
            FakeCheck("Python", True, "Python 3.11."),
            FakeCheck("ngrok", False, "No ngrok token is set.", "Add it under Keys.", True),
        )

    async def save_settings(self, settings: Settings) -> None:
        before, self.settings.current = self.settings.current, settings
        fields = tuple(
            name
            for name in Settings.model_fields
            if getattr(before, name) != getattr(settings, name)
        )
        self.bus.publish(SettingsChanged(fields=fields))

    async def set_key(self, name: str, value: str) -> None:
        self.calls.append(("set_key", name))
        self.keys.sources[name] = "key store" if value else ""
        self.keys.values[name] = value

    async def forget_ended(self) -> None:
        self._bots = {key: view for key, view in self._bots.items() if view.is_live}

    def cancel_agent_fetch(self) -> None:
        self.calls.append(("cancel_agent_fetch",))

    # -- what a test makes happen ----------------------------------------------------------------

    def publish(self, event: Event) -> None:
        self.bus.publish(event)

    def add_bot(self, key: str, launch: Launch | None = None, **fields: Any) -> str:
        given = {one.key: one for one in launch.given} if launch is not None else {}
        found = given.get(key) or self.personas.get(key)
        self._made += 1
        bot_id = f"{key}-{self._made}"
        from speakdesk.domain.meeting import PRACTICE_LINK

        view = BotView(
            bot_id=bot_id,
            name=found.name,
            persona=key,
            meeting=launch.meeting if launch else PRACTICE_LINK,
            meeting_id="meeting",
            provider=launch.provider if launch else "practice",
            state=BotState.PREPARING,
            since=self.now,
            created=self.now,
            plan=self.plan(key),
            join_at=launch.join_at if launch else None,
        )
        self._bots[bot_id] = replace(view, **fields)
        if launch is not None:
            self._launches[bot_id] = launch
        self.publish(BotStateChanged(bot_id=bot_id, state=BotState.PREPARING, name=found.name))
        return bot_id

    def add_recorder(self, launch: Launch | None = None, **fields: Any) -> str:
        known = {"name": "Recorder", "persona": "", "plan": None, "is_recorder": True, **fields}
        return self.add_bot("ada", launch, **known)

    def change(self, bot_id: str, **fields: Any) -> None:
        self._bots[bot_id] = replace(self._bots[bot_id], **fields)

    def move(self, bot_id: str, state: BotState, **fields: Any) -> None:
        before = self._bots[bot_id].state
        if state.is_final:
            fields.setdefault("ended", self.now)
            fields.setdefault("cause", "asked to leave")
        self.change(bot_id, state=state, since=fields.pop("since", self.now), **fields)
        self.publish(BotStateChanged(bot_id=bot_id, state=state, previous=before))

    def prove(self, bot_id: str, *facts: Evidence, at: datetime | None = None) -> None:
        for fact in facts:
            mark = EvidenceMark(fact, at or self.now, "the practice room says in_call")
            self.change(bot_id, marks=(*self._bots[bot_id].marks, mark))
            self.publish(BotEvidence(bot_id=bot_id, evidence=fact))

    def fail(self, bot_id: str, problem: Problem) -> None:
        self.publish(BotProblem(bot_id=bot_id, problem=problem))
        self.move(bot_id, BotState.FAILED, problem=problem, cause=problem.sentence)

    def partial(self, bot_id: str, line_id: str, speaker: str, text: str, bot: bool = True) -> None:
        self.publish(
            LinePartial(
                at=self.now,
                bot_id=bot_id,
                line_id=line_id,
                speaker=speaker,
                text=text,
                is_bot=bot,
            )
        )

    def line(
        self,
        bot_id: str,
        line_id: str,
        speaker: str,
        text: str,
        bot: bool = False,
        **fields: Any,
    ) -> None:
        self.publish(
            LineFinal(
                at=fields.pop("at", self.now),
                bot_id=bot_id,
                line_id=line_id,
                speaker=speaker,
                text=text,
                is_bot=bot,
                **fields,
            )
        )

    def turn(self, bot_id: str, number: int, *stages: float) -> None:
        names = (
            "turn_decided_ms",
            "transcript_ms",
            "first_token_ms",
            "first_audio_ms",
            "on_wire_ms",
        )
        self.publish(
            TurnTimed(
                bot_id=bot_id,
                turn=number,
                total_ms=sum(stages),
                **cast(Any, dict(zip(names, stages, strict=False))),
            )
        )

    def log(self, text: str, level: str = "info", bot_id: str = "", source: str = "desk") -> None:
        self.publish(LogLine(bot_id=bot_id, level=level, source=source, text=text))

    def notice(self, sentence: str, level: str = "attention", next_step: str = "") -> None:
        self.publish(Notice(level=level, sentence=sentence, next_step=next_step))
