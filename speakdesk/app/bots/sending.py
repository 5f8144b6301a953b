"""Sends bots into a meeting: a launch checked as a whole, then each bot's life begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from speakdesk.app.bots.crew import Crew
from speakdesk.app.bots.floor import Floors
from speakdesk.app.bots.launching import Surveyor
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.outstanding import Outstanding
from speakdesk.app.bots.picture import BotPictures
from speakdesk.app.flight.flights import Flights
from speakdesk.app.loaded_keys import LoadedKeys
from speakdesk.app.past.history import HistoryBook
from speakdesk.app.personas.shelf import PersonaShelf
from speakdesk.app.personas.studio import PersonaStudio
from speakdesk.app.providers import Providers
from speakdesk.app.reports import Reports
from speakdesk.app.voices import Voices
from speakdesk.app.way_in import WayIn
from speakdesk.domain.clock import Clock
from speakdesk.domain.events import Event
from speakdesk.domain.launch import Launch
from speakdesk.store.settings import SettingsFile

VOICE_LIST_S = 2.5


@dataclass(slots=True)
class Sending:
    """What a launch is made true with; `port` takes the place of the settings' one."""

    providers: Providers
    personas: PersonaShelf
    studio: PersonaStudio
    keys: LoadedKeys
    settings: SettingsFile
    crew: Crew
    floors: Floors
    flights: Flights
    history: HistoryBook
    outstanding: Outstanding
    pictures: BotPictures
    reports: Reports
    voices: Voices
    way_in: WayIn
    publish: Callable[[Event], None]
    clock: Clock
    port: int | None = None

    async def send(self, launch: Launch) -> tuple[str, ...]:
        """Begin the lives of a launch's bots; returns their ids.

        Raises PersonaError, ProviderError, SpeechError or GatewayError before anything happened.
        """
        return await self._begin(launch, await self.orders(launch))

    async def adopt(self, launch: Launch, provider_bot_id: str, join_at: datetime) -> None:
        """Take up the provider's bot of this id, as if the launch had been made here."""
        orders = await self.orders(launch)
        await self._begin(
            launch, [replace(o, taken_up=provider_bot_id, join_at=join_at) for o in orders]
        )

    async def orders(self, launch: Launch) -> tuple[BotOrder, ...]:
        """The bots a launch asks for. Raises what `send` raises; nobody is sent."""
        await self.keys.ready()
        await self.studio.freshen(VOICE_LIST_S)
        provider = await self.providers.get(launch)
        settings = self.settings.current
        surveyor = Surveyor(
            persona=self.personas.get,
            plan=self.studio.plan,
            keys=await self.keys.ready(),
            options=settings.join.options(),
            tools=settings.tools,
            now=self.clock.now(),
            taken=self.crew.names_in,
            siblings=self.crew.siblings,
        )
        return surveyor.orders(launch, provider)

    async def _begin(self, launch: Launch, orders: Sequence[BotOrder]) -> tuple[str, ...]:
        await self.flights.prepare(orders)
        first, now = orders[0], self.clock.now()
        self.history.begin_meeting(first.meeting_id, launch.meeting, first.provider.key, now)
        return tuple(
            self.crew.start(order, self._surroundings(order, launch.websocket_url))
            for order in orders
        )

    def _surroundings(self, order: BotOrder, websocket_url: str) -> Surroundings:
        return Surroundings(
            publish=self.publish,
            door=self.way_in.door,
            way_in=lambda: self.way_in.use(
                self.settings.current.port if self.port is None else self.port,
                is_public=order.provider.needs_public_url,
                given_url=websocket_url,
            ),
            make_voice=self.voices.make,
            clock=self.clock,
            note_provider_bot=partial(self._note_provider_bot, order),
            let_go=self.outstanding.let_go,
            expect_reports=self.reports.expect,
            floors=self.floors,
            only_bots_s=lambda: self.settings.current.join.only_bots_s,
            show_picture=self.pictures.show,
            record=self.flights.record,
        )

    def _note_provider_bot(self, order: BotOrder, bot_id: str, provider_bot_id: str) -> None:
        self.history.note_provider_bot(bot_id, provider_bot_id)
        self.outstanding.note(order, provider_bot_id)
