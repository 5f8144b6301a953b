"""The Desk: the running application without a face. Commands are its methods, facts its events."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

from loguru import logger

from speakdesk.app.bot_order import BotOrder, Surroundings
from speakdesk.app.bots import BotRun
from speakdesk.app.bus import EventBus
from speakdesk.app.checks import CheckResult
from speakdesk.app.doctor import desk_checks
from speakdesk.app.history import HistoryBook
from speakdesk.app.practice import PracticeMeeting
from speakdesk.app.problems import broken_persona
from speakdesk.app.providers import ProviderInfo, Providers
from speakdesk.app.tasks import spawn
from speakdesk.app.voices import Voices
from speakdesk.app.way_in import WayIn
from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import (
    PersonaError,
    Problem,
    ProviderError,
    Reason,
    SpeechError,
    Stage,
)
from speakdesk.domain.events import Notice, PersonaChanged, SettingsChanged
from speakdesk.domain.launch import RATES_HZ, BotView, Launch
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import SpeechPlan, SpeechWish
from speakdesk.pipeline.contract import Levels, VoiceBuilder
from speakdesk.providers.base import MeetingProvider
from speakdesk.store.paths import Paths, shipped
from speakdesk.store.personas import PersonaLibrary
from speakdesk.store.secrets import KeyRing
from speakdesk.store.settings import Settings, SettingsFile

CLOSE_TIMEOUT_S = 8.0
DEFAULT_PERSONA = "interviewer"
ENDED_BOTS_KEPT = 50
LAST_WORDS = timedelta(seconds=10)


class Desk:
    """Launches, supervises and leaves bots; keeps settings, keys, personas and history.

    `build_voice` and `providers` replace the real ones in tests and measurements.
    """

    def __init__(
        self,
        paths: Paths | None = None,
        *,
        build_voice: VoiceBuilder | None = None,
        providers: Mapping[str, MeetingProvider] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.paths = paths or Paths.find()
        self.bus = EventBus()
        self.settings = SettingsFile(self.paths.settings_file)
        self.keys = KeyRing(self.paths.config)
        self.personas = PersonaLibrary(shipped("personas"), self.paths.personas)
        self.history = HistoryBook(self.paths.history_file, self._notice)
        self.practice = PracticeMeeting()
        self.voices = Voices(build_voice)
        self._clock = clock or SystemClock()
        self._providers = Providers(self.practice, lambda: self.keys.keys, providers or {})
        self._way_in = WayIn(
            self.paths.config, self.bus.publish, lambda: self.keys.keys, self._on_moved
        )
        self._runs: dict[str, BotRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._keys_loaded: asyncio.Task[object] | None = None
        self._port: int | None = None
        self._is_open = False

    # -- opening and closing --------------------------------------------------------------------

    async def open(self) -> None:
        """Read what is kept. Imports no Pipecat. Raises StoreError where history is unusable."""
        self.bus.bind()
        await asyncio.to_thread(self.paths.create)
        settings = await asyncio.to_thread(self.settings.load)
        for problem in self.settings.problems:
            self._notice(problem)
        self._keys_loaded = spawn(self._load_keys(), "load keys")
        self.personas = await self._load_personas(settings)
        await self.history.open(keep_days=settings.history_days)
        self.bus.subscribe(self.history.record)
        self._is_open = True
        self._tell_personas()

    async def warm(self) -> None:
        """Import Pipecat and load the shared models, off the loop. Safe to call twice."""
        await self._keys_ready()
        await self.voices.warm(self.keys.keys)

    @property
    def is_warm(self) -> bool:
        """True once a launch waits for nothing but the provider."""
        return self.voices.is_warm

    async def close(self) -> None:
        """Leave every bot, write everything down, close every door. Safe to call twice."""
        if not self._is_open:
            return
        self._is_open = False
        await self.leave_all()
        live = [t for t in self._tasks.values() if not t.done()]
        if live:
            _, late = await asyncio.wait(live, timeout=CLOSE_TIMEOUT_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CLOSE_TIMEOUT_S)
        if self._keys_loaded is not None:
            self._keys_loaded.cancel()
        await self._way_in.close()
        await self.practice.close()
        await self.history.close()
        await self._providers.close()

    # -- what there is --------------------------------------------------------------------------

    @property
    def bots(self) -> Mapping[str, BotView]:
        """The bots of this session, in the order they were launched."""
        return MappingProxyType({bot_id: run.view for bot_id, run in self._runs.items()})

    @property
    def live_count(self) -> int:
        """How many bots have not reached an end."""
        return sum(run.view.is_live for run in self._runs.values())

    def providers(self) -> tuple[ProviderInfo, ...]:
        """Who can put a bot into a meeting."""
        return self._providers.infos()

    def default_personas(self) -> tuple[str, ...]:
        """What is chosen before the person chooses: the settings' persona, or the interviewer."""
        known = {p.key for p in self.personas.all()}
        wished = (*self.settings.current.default_personas, DEFAULT_PERSONA)
        for key in wished:
            if key in known:
                return (key,)
        return tuple(sorted(known)[:1])

    def plan(self, persona_key: str, wish: SpeechWish | None = None) -> SpeechPlan:
        """What a bot would hear, think and speak with, and why. Raises PersonaError."""
        from speakdesk.pipeline.catalogue import plan_speech

        persona = self.personas.get(persona_key)
        defaults = self.settings.current.speech.wish()
        return plan_speech(persona, wish or SpeechWish(), defaults, self.keys.keys)

    def plan_sentence(self, plan: SpeechPlan) -> str:
        """ "Hears with …, thinks with …, speaks with …"."""
        from speakdesk.pipeline.catalogue import names

        return plan.sentence(names())

    def levels(self, bot_id: str) -> Levels:
        """How loud a bot's meeting and its voice are now."""
        run = self._runs.get(bot_id)
        return run.levels() if run is not None else Levels()

    async def checks(self) -> tuple[CheckResult, ...]:
        """The doctor's findings."""
        await self._keys_ready()
        return await desk_checks(self.paths, self.settings.current, self.keys, self.personas)

    async def save_settings(self, settings: Settings) -> None:
        """Keep new settings and tell everybody what differs. Raises StoreError."""
        before = self.settings.current
        await self.settings.save(settings)
        changed = tuple(
            name
            for name in type(settings).model_fields
            if getattr(before, name) != getattr(settings, name)
        )
        if "persona_folders" in changed:
            self.personas = await self._load_personas(settings)
            self._tell_personas()
        self.bus.publish(SettingsChanged(fields=changed))

    async def set_key(self, name: str, value: str) -> None:
        """Keep an API key in the computer's key store; an empty value removes it."""
        await self.keys.set(name, value)
        self.bus.publish(SettingsChanged(fields=("keys",)))

    # -- commands -------------------------------------------------------------------------------

    def listen_on(self, port: int) -> None:
        """Use this port instead of the settings' one, before the first launch."""
        self._port = port

    async def launch(self, launch: Launch) -> tuple[str, ...]:
        """Send bots into a meeting; returns their ids at once, their lives come as events.

        Raises PersonaError, ProviderError or SpeechError before anything has happened.
        """
        await self._keys_ready()
        provider = await self._providers.get(launch)
        personas = [self.personas.get(key) for key in launch.personas]
        if not personas:
            raise PersonaError(
                Problem(
                    Stage.PERSONA, Reason.MISSING, "No persona is chosen.", "Choose one or more."
                )
            )
        if launch.rate_hz not in RATES_HZ:
            raise ProviderError(
                Problem(
                    Stage.AUDIO,
                    Reason.BAD_INPUT,
                    f"{launch.rate_hz} Hz is not a rate meetings use.",
                    "Choose 16000, 24000, 32000 or 48000.",
                )
            )
        plans = [self.plan(p.key, launch.speech) for p in personas]
        for plan in plans:
            if plan.missing:
                raise SpeechError(Problem(Stage.SETTINGS, Reason.MISSING, " ".join(plan.missing)))
        meeting_id = uuid.uuid4().hex[:12]
        names = self._unique_names(personas, launch)
        self.history.begin_meeting(meeting_id, launch.meeting, provider.key, self._clock.now())
        return tuple(
            self._start(
                BotOrder(
                    bot_id=uuid.uuid4().hex[:12],
                    name=name,
                    persona=persona,
                    meeting=launch.meeting,
                    meeting_id=meeting_id,
                    provider=provider,
                    plan=plan,
                    rate_hz=launch.rate_hz,
                    greeting=persona.greeting if launch.greeting is None else launch.greeting,
                    tools=self._tools(launch, persona),
                    keys=self.keys.keys,
                    siblings=partial(self._siblings, launch.meeting, name),
                ),
                launch.websocket_url,
            )
            for persona, plan, name in zip(personas, plans, names, strict=True)
        )

    async def leave(self, bot_id: str) -> None:
        """Ask one bot to leave; its end comes as an event."""
        run = self._runs.get(bot_id)
        if run is not None and run.view.is_live:
            run.leave()

    async def leave_all(self) -> None:
        """Ask every bot to leave."""
        for bot_id in tuple(self._runs):
            await self.leave(bot_id)

    async def hush(self, bot_id: str) -> None:
        """Silence one bot at once."""
        if (run := self._runs.get(bot_id)) is not None:
            await run.hush()

    async def hush_all(self) -> None:
        """Silence every bot at once."""
        await asyncio.gather(*(run.hush() for run in self._runs.values() if run.view.is_live))

    async def say(self, bot_id: str, text: str) -> None:
        """Let a bot say this now, word for word."""
        if (run := self._runs.get(bot_id)) is not None:
            await run.say(text)

    async def send_chat(self, bot_id: str, text: str) -> None:
        """Write into a meeting's chat as a bot. Raises ProviderError."""
        if (run := self._runs.get(bot_id)) is not None:
            await run.send_chat(text)

    async def forget_ended(self) -> None:
        """Drop the bots that have ended from the list."""
        for bot_id in [b for b, run in self._runs.items() if not run.view.is_live]:
            del self._runs[bot_id]
            self._tasks.pop(bot_id, None)

    # -- inside ---------------------------------------------------------------------------------

    def _start(self, order: BotOrder, websocket_url: str) -> str:
        run = BotRun(
            order,
            Surroundings(
                publish=self.bus.publish,
                door=self._way_in.door,
                way_in=lambda: self._way_in.use(
                    self.settings.current.port if self._port is None else self._port,
                    is_public=order.provider.needs_public_url,
                    given_url=websocket_url,
                ),
                make_voice=self.voices.make,
                clock=self._clock,
                note_provider_bot=self.history.note_provider_bot,
            ),
        )
        self._runs[order.bot_id] = run
        self._tasks[order.bot_id] = spawn(self._live(run), f"bot {order.bot_id}")
        return order.bot_id

    async def _live(self, run: BotRun) -> None:
        await run.run()
        await self.voices.give_back_memory()
        ended = [b for b, r in self._runs.items() if not r.view.is_live]
        for bot_id in ended[:-ENDED_BOTS_KEPT]:
            del self._runs[bot_id]
            self._tasks.pop(bot_id, None)

    def _on_moved(self) -> None:
        for run in self._runs.values():
            if run.order.provider.needs_public_url:
                run.lose_way_in()

    def _tools(self, launch: Launch, persona: Persona) -> tuple[str, ...]:
        if launch.tools is not None:
            return launch.tools
        return self.settings.current.tools if persona.tools is None else persona.tools

    def _siblings(self, meeting: MeetingLink, name: str) -> frozenset[str]:
        """The other bots of this desk in a meeting; what one just said may still be heard."""
        since = self._clock.now() - LAST_WORDS
        return frozenset(
            view.name
            for view in self._bots_in(meeting)
            if view.name != name and (view.ended is None or view.ended > since)
        )

    def _bots_in(self, meeting: MeetingLink) -> Iterator[BotView]:
        for run in self._runs.values():
            there = run.view.meeting
            if (there.platform, there.meeting_id) == (meeting.platform, meeting.meeting_id):
                yield run.view

    def _unique_names(self, personas: Sequence[Persona], launch: Launch) -> list[str]:
        taken = {view.name for view in self._bots_in(launch.meeting) if view.is_live}
        names: list[str] = []
        for persona in personas:
            name, number = persona.name, 2
            while name in taken:
                name, number = f"{persona.name} {number}", number + 1
            taken.add(name)
            names.append(name)
        return names

    def _tell_personas(self) -> None:
        self.bus.publish(PersonaChanged())
        for broken in self.personas.broken():
            self._notice(broken_persona(broken))

    async def _load_personas(self, settings: Settings) -> PersonaLibrary:
        def load() -> PersonaLibrary:
            extra = [Path(folder).expanduser() for folder in settings.persona_folders]
            library = PersonaLibrary(shipped("personas"), self.paths.personas, extra)
            library.load()
            return library

        return await asyncio.to_thread(load)

    async def _load_keys(self) -> None:
        await self.keys.load()
        if self.keys.problem is not None:
            logger.info("the key store gave nothing: {}", self.keys.problem.sentence)
        self.bus.publish(SettingsChanged(fields=("keys",)))

    async def _keys_ready(self) -> None:
        if self._keys_loaded is not None:
            await asyncio.shield(self._keys_loaded)

    def _notice(self, problem: Problem) -> None:
        self.bus.publish_from_thread(
            Notice(level="attention", sentence=problem.sentence, next_step=problem.next_step)
        )
