"""The Desk: the running application without a face. Commands are its methods, facts its events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from speakdesk.app.bots.account import AccountBots
from speakdesk.app.bots.crew import Crew
from speakdesk.app.bots.floor import Floors
from speakdesk.app.bots.launching import first_known
from speakdesk.app.bots.outstanding import Outstanding
from speakdesk.app.bots.picture import BotPictures
from speakdesk.app.bots.sending import Sending
from speakdesk.app.bots.sending_again import SendingAgain
from speakdesk.app.bots.taking_up import TakingUp
from speakdesk.app.bus import EventBus
from speakdesk.app.calendar.desk import CalendarDesk
from speakdesk.app.checks import CheckResult
from speakdesk.app.doctor import desk_checks, key_checks
from speakdesk.app.flight.flights import Flights
from speakdesk.app.loaded_keys import LoadedKeys
from speakdesk.app.past.after_meeting import AfterMeeting
from speakdesk.app.past.history import HistoryBook
from speakdesk.app.personas.sharing import PersonaSharing
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.app.practice import PracticeMeeting
from speakdesk.app.preferences import Preferences, further_folders
from speakdesk.app.providers import ProviderInfo, Providers
from speakdesk.app.reports import Reports
from speakdesk.app.voices import Voices
from speakdesk.app.way_in import WayIn
from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import Problem
from speakdesk.domain.events import Notice
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import SpeechPlan, SpeechWish
from speakdesk.domain.tunnel import AgentAsker
from speakdesk.pipeline.contract import Levels, VoiceBuilder
from speakdesk.providers.base import KeyCheck, MeetingProvider
from speakdesk.providers.meetingbaas.webhooks import WebhookEvent
from speakdesk.store.paths import Paths, shipped
from speakdesk.store.secrets import KeyRing
from speakdesk.store.settings import Settings, SettingsFile


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
        self.personas = PersonaShelf(
            shipped("personas"),
            self.paths.personas,
            self.paths.persona_state,
            self.bus.publish,
            model_of=lambda persona: self.plan(persona).llm.model,
        )
        self.sharing = PersonaSharing(self.personas)
        self.history = HistoryBook(self.paths.history_file, self._notice)
        self.practice = PracticeMeeting()
        self.voices = Voices(build_voice)
        self.studio = PersonaStudio(
            self.paths.cache,
            lambda: self.keys.keys,
            lambda: self.settings.current.speech.wish(),
            self.personas,
        )
        self._loaded = LoadedKeys(self.keys, self.bus.publish)
        self._preferences = Preferences(self.settings, self.keys, self.personas, self.bus.publish)
        self._clock = clock or SystemClock()
        self.calendar = CalendarDesk(
            self,
            lambda: self.keys.keys,
            lambda: self.settings.current.provider,
            self.paths.data / "event-bots.json",
            self.join_defaults,
            now=self._clock.now,
        )
        self._providers = Providers(self.practice, lambda: self.keys.keys, providers or {})
        self._way_in = WayIn(
            self.paths.config,
            self.bus.publish,
            lambda: self.keys.keys,
            self._on_moved,
            settings=lambda: self.settings.current.tunnel,
            on_agent=self._preferences.keep_agent,
        )
        self._pictures = BotPictures(self.studio, self._way_in.avatars, self.bus.publish)
        self.after = AfterMeeting(
            self.bus,
            self.history,
            providers=self.providers,
            lookup=self.provider,
            keys=self._loaded.ready,
            settings=lambda: self.settings.current,
            clock=self._clock,
        )
        self._crew = Crew(self._clock, self.bus.publish, self.voices.give_back_memory)
        self._outstanding = Outstanding(self.paths.data / "bots-out")
        self._reports = Reports(
            self._way_in.door,
            lambda: self.keys.keys,
            self.bus.publish,
            self._on_report,
            self._clock,
        )
        self.floors = Floors(self.bus.publish)
        self.flights = Flights(self.paths.flights, self.bus, self.settings, self._clock)
        self._sending = Sending(
            providers=self._providers,
            personas=self.personas,
            studio=self.studio,
            keys=self._loaded,
            settings=self.settings,
            crew=self._crew,
            floors=self.floors,
            flights=self.flights,
            history=self.history,
            outstanding=self._outstanding,
            pictures=self._pictures,
            reports=self._reports,
            voices=self.voices,
            way_in=self._way_in,
            publish=self.bus.publish,
            clock=self._clock,
        )
        self._again = SendingAgain(self._crew, self.launch)
        self.leftovers = TakingUp(
            self._outstanding, self.provider, self._sending.adopt, self.bus.publish, self._clock
        )
        self.account = AccountBots(self.provider)
        self._is_open = False

    # -- opening and closing --------------------------------------------------------------------

    async def open(self) -> None:
        """Read what is kept. Imports no Pipecat. Raises StoreError where history is unusable."""
        self.bus.bind()
        await asyncio.to_thread(self.paths.create)
        settings = await asyncio.to_thread(self.settings.load)
        for problem in self.settings.problems:
            self._notice(problem)
        self._loaded.begin()
        await self.personas.open(further_folders(settings))
        await self.studio.load()
        await self.history.open(keep_days=settings.history_days)
        self.bus.subscribe(self.history.record)
        self.after.open()
        await self.flights.open()
        self._is_open = True
        self.personas.tell()
        self.personas.watch()

    async def warm(self) -> None:
        """Import Pipecat and load the shared models, off the loop. Safe to call twice."""
        await self._loaded.ready()
        await asyncio.gather(self.voices.warm(self.keys.keys), self.studio.freshen())

    @property
    def is_warm(self) -> bool:
        """True once a launch waits for nothing but the provider."""
        return self.voices.is_warm

    async def close(self, *, keep_waiting: bool = False) -> None:
        """Leave every bot, write everything down, close every door. Safe to call twice.

        With `keep_waiting` the bots that wait at a provider stay there for the next
        `leftovers.look`.
        """
        if not self._is_open:
            return
        self._is_open = False
        await self._crew.close(keep_waiting=keep_waiting)
        self._loaded.close()
        await self.personas.close()
        await self._way_in.close()
        await self.practice.close()
        await self.after.close()
        await self.flights.close()
        await self.history.close()
        await self._outstanding.close()
        await self._providers.close()

    # -- what there is --------------------------------------------------------------------------

    @property
    def bots(self) -> Mapping[str, BotView]:
        """The bots of this session, in the order they were launched."""
        return self._crew.views

    @property
    def live_count(self) -> int:
        """How many bots have not reached an end."""
        return len(self._crew.live)

    def providers(self) -> tuple[ProviderInfo, ...]:
        """Who can put a bot into a meeting."""
        return self._providers.infos()

    async def provider(self, key: str) -> MeetingProvider:
        """One provider by its key, ready to use. Raises ProviderError, also where a key lacks."""
        await self._loaded.ready()
        return await self._providers.named(key)

    async def check_key(self, provider_key: str) -> KeyCheck:
        """What the key for a provider is worth: full, sending only, refused. Makes nothing."""
        await self._loaded.ready()
        return await self._providers.check_key(provider_key)

    def join_defaults(self) -> JoinOptions:
        """How bots join where a launch says nothing: what a face starts from."""
        return self.settings.current.join.options()

    def default_personas(self) -> tuple[str, ...]:
        """What is chosen before the person chooses: the settings' persona, or the interviewer."""
        return first_known(self.settings.current.default_personas, self.personas.all())

    def plan(self, persona: str | Persona, wish: SpeechWish | None = None) -> SpeechPlan:
        """What a bot would hear, think and speak with, and why. Raises PersonaError.

        `persona` is a key of the library, or one that is in none.
        """
        found = self.personas.get(persona) if isinstance(persona, str) else persona
        return self.studio.plan(found, wish)

    def plan_sentence(self, plan: SpeechPlan) -> str:
        """ "Hears with …, thinks with …, speaks with …"."""
        from speakdesk.pipeline.catalogue import names

        return plan.sentence(names())

    def levels(self, bot_id: str) -> Levels:
        """How loud a bot's meeting and its voice are now."""
        run = self._crew.find(bot_id)
        return run.levels() if run is not None else Levels()

    async def checks(self, *, with_keys: bool = False) -> tuple[CheckResult, ...]:
        """The doctor's findings; `with_keys` asks the providers what their keys are worth."""
        await self._loaded.ready()
        library = self.personas.library
        way_in, settings = self._way_in, self.settings.current
        found = await desk_checks(self.paths, settings, self.keys, library, way_in, self._reports)
        return (*found, *await key_checks(self._providers)) if with_keys else found

    async def save_settings(self, settings: Settings) -> None:
        """Keep new settings and tell everybody what differs. Raises StoreError."""
        await self._preferences.save(settings)

    async def set_key(self, name: str, value: str) -> None:
        """Keep an API key in the computer's key store; an empty value removes it."""
        await self._preferences.set_key(name, value)

    # -- commands -------------------------------------------------------------------------------

    def listen_on(self, port: int) -> None:
        """Use this port instead of the settings' one, before the first launch."""
        self._sending.port = port

    async def launch(self, launch: Launch) -> tuple[str, ...]:
        """Send bots into a meeting; returns their ids at once, their lives come as events.

        Raises PersonaError, ProviderError, SpeechError or GatewayError before anything happened.
        """
        return await self._sending.send(launch)

    async def check_launch(self, launch: Launch) -> tuple[str, ...]:
        """Refuse what `launch` would refuse, and send nobody; returns the bots' names."""
        return tuple(order.name for order in await self._sending.orders(launch))

    def launch_of(self, bot_id: str) -> Launch:
        """The launch that sends this one bot again. Raises ProviderError for one not listed."""
        return self._again.launch_of(bot_id)

    async def send_again(self, bot_id: str) -> tuple[str, ...]:
        """Send a fresh bot like this one; one that is still there leaves first.

        Asked twice, the second gives the ids of the first. Raises what `launch` raises.
        """
        return await self._again.send(bot_id)

    async def leave(self, bot_id: str) -> None:
        """Ask one bot to leave; its end comes as an event."""
        if (run := self._crew.find(bot_id)) is not None:
            run.leave()

    async def leave_all(self) -> None:
        """Ask every bot to leave."""
        self._crew.leave_all()

    async def hush(self, bot_id: str) -> None:
        """Silence one bot at once."""
        if (run := self._crew.find(bot_id)) is not None:
            await run.hush()

    async def hush_all(self) -> None:
        """Silence every bot at once."""
        await asyncio.gather(*(run.hush() for run in self._crew.live))

    async def say(self, bot_id: str, text: str) -> None:
        """Let a bot say this now, word for word."""
        if (run := self._crew.find(bot_id)) is not None:
            await run.say(text)

    async def send_chat(self, bot_id: str, text: str) -> None:
        """Write into a meeting's chat as a bot. Raises ProviderError."""
        if (run := self._crew.find(bot_id)) is not None:
            await run.send_chat(text)

    async def pause_recording(self, bot_id: str) -> None:
        """Pause a bot's recording, and with it its hearing. Raises ProviderError."""
        await self._crew.get(bot_id).pause_recording(True)

    async def resume_recording(self, bot_id: str) -> None:
        """Let a bot record and hear again. Raises ProviderError."""
        await self._crew.get(bot_id).pause_recording(False)

    async def forget_ended(self) -> None:
        """Drop the bots that have ended from the list."""
        self._crew.forget_ended()

    @property
    def agent_asker(self) -> AgentAsker | None:
        """Who is asked where ngrok's program is missing; a face sets itself here."""
        return self._way_in.agent_asker

    @agent_asker.setter
    def agent_asker(self, asker: AgentAsker | None) -> None:
        self._way_in.agent_asker = asker

    def cancel_agent_fetch(self) -> None:
        """Stop the download of ngrok's program; the launch that waits for it ends in words."""
        self._way_in.cancel_fetch()

    # -- inside ---------------------------------------------------------------------------------

    def _on_report(self, provider_key: str, event: WebhookEvent) -> None:
        self._providers.note_report(provider_key, event)
        self._crew.report(provider_key, event)

    def _on_moved(self) -> None:
        self._crew.lose_way_in()

    def _notice(self, problem: Problem) -> None:
        self.bus.publish_from_thread(
            Notice(level="attention", sentence=problem.sentence, next_step=problem.next_step)
        )
