"""A bot's voice in its meeting: made when it is needed, its sockets, and whether sound flows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from loguru import logger

from speakdesk.app.bots.crowd import Crowd
from speakdesk.app.bots.dials import Dials
from speakdesk.app.bots.floor import aliases_of
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.problems import no_audio
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.errors import Problem, SpeakDeskError
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    Event,
    LineFinal,
    RosterChanged,
    TurnTimed,
)
from speakdesk.domain.launch import FloorPlace
from speakdesk.pipeline.contract import FloorSeat, Levels, Voice, VoiceOrder
from speakdesk.providers.wire import MeetingSocket

STOP_TIMEOUT_S = 5.0
DIAL_PATIENCE_S = 15.0
DROP_PATIENCE_S = 3.0


class Presence:
    """Holds one bot's voice and carries its sockets. A record-only bot has neither.

    `on_roster` is called where the meeting's roster arrived, `on_change` where the bot's life shall
    be looked at again.
    """

    def __init__(
        self,
        order: BotOrder,
        around: Surroundings,
        standing: BotStanding,
        *,
        on_roster: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self._order = order
        self._around = around
        self._standing = standing
        self._on_roster = on_roster
        self._on_change = on_change
        self._voice: Voice | None = None
        self._seat: FloorSeat | None = None
        self._making = asyncio.Lock()
        self._is_ready = False
        self._is_over = False
        self._sockets = 0
        self._no_audio_since: float | None = None
        self._no_audio_told: Problem | None = None
        self.has_dialled = False
        self._is_cut_off = False
        self.dials = Dials(standing, order.provider.name, around.clock)
        self.crowd = Crowd(lambda: {order.name, *order.siblings()})
        self._tap = around.record(order, lambda is_on: standing.show(is_flight_recorded=is_on))

    async def prepare(self) -> None:
        """Make the voice and start it, once. Raises SpeechError."""
        order = self._order
        if order.persona is None or order.plan is None:
            return
        async with self._making:
            if self._is_ready or self._is_over:
                return
            await self._end_voice()
            floors = self._around.floors
            if self._seat is None and floors is not None:
                aliases = aliases_of(order.persona)
                self._seat = floors.seat(
                    order.meeting, order.bot_id, order.name, aliases, self._on_place
                )
            self._voice = voice = await self._around.make_voice(
                VoiceOrder(
                    bot_id=order.bot_id,
                    bot_name=order.name,
                    persona=order.persona,
                    plan=order.plan,
                    keys=order.keys,
                    codec=lambda: order.provider.codec(order.rate_hz),
                    rate_hz=order.rate_hz,
                    greeting=order.greeting,
                    tools=order.tools,
                    turns=order.persona.turns,
                    siblings=order.siblings,
                    floor=self._seat,
                    tap=self._tap,
                ),
                self._on_voice_event,
            )
            await voice.start()
            self._is_ready = True

    async def admitted(self) -> None:
        """The meeting let the bot in: greet, and expect sound."""
        if self._order.is_recorder:
            return
        if self._sockets == 0:
            self._no_audio_since = self._around.clock.monotonic()
        if self._voice is not None:
            await self._voice.admitted()

    async def say(self, text: str) -> None:
        """Say this now."""
        if self._voice is not None:
            await self._voice.say(text)

    async def hush(self) -> None:
        """Be silent at once."""
        if self._voice is not None:
            await self._voice.hush()

    def levels(self) -> Levels:
        """How loud it is now."""
        return self._voice.levels() if self._voice is not None else Levels()

    async def stop(self) -> None:
        """Fall silent and end the voice; safe to call twice."""
        self._is_over = True
        try:
            await self._end_voice()
        finally:
            if self._seat is not None:
                self._seat.leave()

    async def _end_voice(self) -> None:
        voice, self._voice = self._voice, None
        if voice is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await voice.hush()
                await voice.stop()
        except TimeoutError:
            logger.error("the voice of bot {} did not stop in time", self._order.bot_id)

    def watch_audio(self) -> None:
        """Tell where sound should flow and does not."""
        self.dials.look()
        in_call = self._standing.life.state is BotState.IN_CALL
        if self._no_audio_since is None or not in_call or self._is_cut_off:
            return
        quiet_s = self._around.clock.monotonic() - self._no_audio_since
        was_connected = self._standing.life.has(Evidence.DIALLED_IN)
        if self._no_audio_told is None and quiet_s > (
            DROP_PATIENCE_S if was_connected else DIAL_PATIENCE_S
        ):
            self._no_audio_told = no_audio(self._order.provider.name, was_connected)
            self._standing.trouble(self._no_audio_told)

    def cut_off(self) -> None:
        """No sound can come any more, which is told already."""
        self._is_cut_off = True
        self._standing.recover(self._no_audio_told)
        self._no_audio_told = None

    async def on_socket(self, socket: MeetingSocket) -> None:
        """Carry a socket that knew the bot's secret until it closes."""
        self.has_dialled = True
        self._on_change()
        try:
            await self.prepare()
        except SpeakDeskError as e:
            logger.info("a socket of bot {} found no voice: {}", self._order.bot_id, e)
        voice = self._voice if self._is_ready else None
        if voice is None or self._standing.life.state.is_final:
            if self._tap is not None:
                self._tap.refused("the bot has no voice or has left")
            await socket.close(1000, "the bot has left")
            return
        self.dials.opened(beside_another=self._sockets > 0)
        self._sockets += 1
        self._no_audio_since = None
        self._standing.recover(self._no_audio_told)
        self._no_audio_told = None
        self._standing.prove(
            Evidence.DIALLED_IN, "the provider's socket opened with the right secret"
        )
        try:
            await voice.attach(socket)
        finally:
            self._sockets -= 1
            if self._sockets == 0:
                self._no_audio_since = self._around.clock.monotonic()
                self._on_change()

    def exceeded(self, problem: Problem) -> None:
        """A socket was closed for what it sent."""
        self.dials.exceeded(problem)
        if self._tap is not None:
            self._tap.refused(problem.sentence)

    def _on_place(self, place: FloorPlace) -> None:
        self._standing.change(floor=place)

    def _on_voice_event(self, event: Event) -> None:
        standing = self._standing
        if isinstance(event, BotEvidence):
            standing.prove(event.evidence, event.detail)
            return
        if isinstance(event, RosterChanged):
            standing.change(is_speaking=self._order.name in event.speaking)
            self.crowd.note(event.names, self._around.clock.monotonic())
            self._on_roster()
        elif isinstance(event, LineFinal):
            standing.change(line_count=standing.view.line_count + 1)
            if not event.is_bot and event.speaker not in self._order.siblings():
                self.crowd.hear_person(self._around.clock.monotonic())
        elif isinstance(event, TurnTimed) and event.total_ms is not None:
            standing.change(last_answer_ms=event.total_ms)
        elif isinstance(event, BotProblem):
            others = tuple(t for t in standing.view.troubles if t.stage is not event.problem.stage)
            standing.change(troubles=others if event.recovered else (*others, event.problem))
        self._around.publish(event)
