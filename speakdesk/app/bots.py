"""One bot's life, supervised: prepare, join, follow, leave; whatever happens, it reaches an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from loguru import logger

from speakdesk.app.bot_order import BotOrder, Surroundings
from speakdesk.app.problems import (
    crashed,
    may_be_on_its_way,
    may_still_be_there,
    no_audio,
    status_unknown,
    unexplained_failure,
    way_in_moved,
)
from speakdesk.app.standing import BotStanding
from speakdesk.app.tasks import spawn
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeakDeskError
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    ChatMessage,
    Event,
    LineFinal,
    RosterChanged,
    TurnTimed,
)
from speakdesk.domain.launch import BotView
from speakdesk.pipeline.contract import Levels, Voice, VoiceOrder
from speakdesk.providers.base import JoinRequest, ProviderStatus
from speakdesk.providers.wire import MeetingSocket

T = TypeVar("T")

LEAVE_TIMEOUT_S = 5.0
CREATE_PATIENCE_S = 20.0
STOP_TIMEOUT_S = 5.0
DIAL_PATIENCE_S = 15.0
DROP_PATIENCE_S = 3.0
STATUS_FAILURES_TO_TELL = 3


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a provider is asked for a bot's status, in seconds."""

    joining_s: float
    in_call_s: float


LOCAL_CADENCE = Cadence(0.15, 0.5)
REMOTE_CADENCE = Cadence(1.5, 5.0)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: BotState
    cause: str
    problem: Problem | None = None
    provider_knows: bool = False


class _AskedToLeave(Exception):
    """The person asked; not an error."""


class BotRun:
    """Supervises one bot from Launch to its end. `view` is what a face shows of it."""

    def __init__(self, order: BotOrder, around: Surroundings) -> None:
        self.order = order
        self._around = around
        self._leaving = asyncio.Event()
        self._wake = asyncio.Event()
        self._voice: Voice | None = None
        self._open = AsyncExitStack()
        self._closing: asyncio.Task[None] | None = None
        self._creating: asyncio.Task[str] | None = None
        self._sockets = 0
        self._no_audio_since: float | None = None
        self._no_audio_told: Problem | None = None
        self._status_told: Problem | None = None
        now = around.clock.now()
        self._standing = BotStanding(
            BotView(
                bot_id=order.bot_id,
                name=order.name,
                persona=order.persona.key,
                meeting=order.meeting,
                meeting_id=order.meeting_id,
                provider=order.provider.key,
                state=BotState.PREPARING,
                since=now,
                created=now,
                plan=order.plan,
            ),
            around.publish,
            around.clock,
        )
        self._life = self._standing.life

    @property
    def view(self) -> BotView:
        """The bot as a face shows it."""
        return self._standing.view

    async def run(self) -> None:
        """Live the whole life. Never raises; afterwards the state is final."""
        with logger.contextualize(bot_id=self.order.bot_id):
            await self._run()

    async def _run(self) -> None:
        self._standing.begin()
        try:
            outcome = await self._live()
        except _AskedToLeave:
            outcome = _Outcome(BotState.ENDED, "asked to leave")
        except asyncio.CancelledError:
            outcome = _Outcome(BotState.ENDED, "SpeakDesk closed")
        except SpeakDeskError as e:
            outcome = _Outcome(BotState.FAILED, e.problem.sentence, e.problem)
        except Exception as e:  # noqa: BLE001 - a bot that crashes takes nothing else down
            logger.opt(exception=e).error("bot {} crashed", self.order.bot_id)
            outcome = _Outcome(BotState.FAILED, "it crashed", crashed(e))
        await self._finish(outcome)

    def leave(self) -> None:
        """Ask the bot to leave; `run` ends soon after."""
        self._leaving.set()
        self._wake.set()

    def lose_way_in(self) -> None:
        """The public address this bot was given is gone for good; its provider cannot dial it."""
        if not self._life.state.is_final:
            self._standing.trouble(way_in_moved(self.order.provider.name))

    async def say(self, text: str) -> None:
        """Say this now. Does nothing before the bot is in the call."""
        if self._voice is not None and self._life.state is BotState.IN_CALL:
            await self._voice.say(text)

    async def hush(self) -> None:
        """Be silent at once."""
        if self._voice is not None:
            await self._voice.hush()

    async def send_chat(self, text: str) -> None:
        """Write into the meeting's chat. Raises ProviderError."""
        order = self.order
        await order.provider.send_chat(self.view.provider_bot_id, text)
        self._around.publish(
            ChatMessage(bot_id=order.bot_id, sender=order.name, text=text, from_bot=True)
        )

    def levels(self) -> Levels:
        """How loud it is now."""
        return self._voice.levels() if self._voice is not None else Levels()

    # -- the life -------------------------------------------------------------------------------

    async def _live(self) -> _Outcome:
        await self._unless_leaving(self._prepare())
        await self._join()
        return await self._follow()

    async def _prepare(self) -> None:
        order = self.order
        voice = await self._around.make_voice(
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
            ),
            self._on_voice_event,
        )
        self._voice = voice
        await voice.start()

    async def _join(self) -> None:
        order = self.order
        base = await self._unless_leaving(self._open.enter_async_context(self._around.way_in()))
        path = self._around.door.open(order.bot_id, self._on_socket)
        request = JoinRequest(
            bot_name=order.name,
            meeting=order.meeting,
            streaming_url=base + path,
            rate_hz=order.rate_hz,
            extra={"speakdesk_bot": order.bot_id},
        )
        self._standing.move(BotState.JOINING)
        creating = spawn(order.provider.create(request), f"create {order.bot_id}", lambda e: None)
        self._creating = creating
        await _first(creating, self._leaving.wait())
        if not creating.done():
            raise _AskedToLeave
        if self._leaving.is_set() and creating.exception() is not None:
            raise _AskedToLeave
        self._created(creating.result())
        if self._leaving.is_set():
            raise _AskedToLeave

    def _created(self, provider_bot_id: str) -> None:
        self._standing.change(provider_bot_id=provider_bot_id)
        self._around.note_provider_bot(self.order.bot_id, provider_bot_id)
        self._standing.prove(Evidence.ACCEPTED, f"{self.order.provider.name} took the request")

    async def _follow(self) -> _Outcome:
        provider = self.order.provider
        cadence = REMOTE_CADENCE if provider.needs_public_url else LOCAL_CADENCE
        failures = 0
        while True:
            self._wake.clear()
            try:
                status = await self._unless_leaving(provider.status(self.view.provider_bot_id))
            except ProviderError as e:
                failures += 1
                if e.problem.reason is Reason.NOT_FOUND:
                    return _Outcome(BotState.ENDED, "the provider forgot the bot", e.problem, True)
                if failures == STATUS_FAILURES_TO_TELL:
                    self._status_told = status_unknown(provider.name, e.problem)
                    self._standing.trouble(self._status_told)
            else:
                failures = 0
                self._standing.recover(self._status_told)
                self._status_told = None
                outcome = await self._apply(status)
                if outcome is not None:
                    return outcome
            self._watch_audio()
            in_call = self._life.state is BotState.IN_CALL
            wait_s = cadence.in_call_s if in_call else cadence.joining_s
            try:
                async with asyncio.timeout(wait_s * min(4, 1 + failures)):
                    await self._wake.wait()
            except TimeoutError:
                continue
            if self._leaving.is_set():
                raise _AskedToLeave

    async def _apply(self, status: ProviderStatus) -> _Outcome | None:
        if status.raw != self.view.provider_status:
            self._standing.change(provider_status=status.raw)
        state = status.state
        if state is BotState.LOBBY:
            self._standing.move(BotState.LOBBY)
        elif state is BotState.IN_CALL:
            await self._admit(f"{self.order.provider.name} says {status.raw}")
        elif state is BotState.FAILED:
            problem = status.problem or unexplained_failure(self.order.provider.name, status.raw)
            return _Outcome(BotState.FAILED, problem.sentence, problem, True)
        elif state is BotState.ENDED:
            return _Outcome(BotState.ENDED, status.cause or status.raw, status.problem, True)
        return None

    async def _admit(self, detail: str) -> None:
        if not self._life.can_move(BotState.IN_CALL):
            return
        self._standing.prove(Evidence.ADMITTED, detail)
        self._standing.move(BotState.IN_CALL)
        if self._sockets == 0:
            self._no_audio_since = self._around.clock.monotonic()
        if self._voice is not None:
            await self._voice.admitted()

    async def _finish(self, outcome: _Outcome) -> None:
        if outcome.state is BotState.ENDED and not outcome.provider_knows:
            self._standing.move(BotState.LEAVING)
        results = await asyncio.gather(
            self._stop_voice(), self._leave_provider(outcome), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                logger.opt(exception=result).error("bot {} did not end cleanly", self.view.bot_id)
        self._around.door.close(self.order.bot_id)
        self._closing = spawn(self._open.aclose(), f"way in of {self.order.bot_id}")
        self._standing.change(
            problem=outcome.problem,
            cause=outcome.cause,
            is_speaking=False,
            troubles=(),
            ended=self._around.clock.now(),
        )
        if outcome.problem is not None:
            self._around.publish(BotProblem(bot_id=self.view.bot_id, problem=outcome.problem))
        self._standing.move(outcome.state)

    async def _await_creation(self) -> None:
        """The provider may have made a bot that is not known yet: it must be, to be left."""
        if self._creating is None or self.view.provider_bot_id:
            return
        _, late = await asyncio.wait([self._creating], timeout=CREATE_PATIENCE_S)
        if late:
            self._creating.cancel()
            self._standing.trouble(may_be_on_its_way(self.order.provider.name))
        elif not self._creating.cancelled() and self._creating.exception() is None:
            self._created(self._creating.result())

    async def _leave_provider(self, outcome: _Outcome) -> None:
        await self._await_creation()
        if not self.view.provider_bot_id or outcome.provider_knows:
            return
        provider, bot = self.order.provider, self.view.provider_bot_id
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await provider.leave(bot)
                while True:
                    status = await provider.status(bot)
                    if status.state is not None and status.state.is_final:
                        return
                    await asyncio.sleep(0.1 if not provider.needs_public_url else 1.0)
        except TimeoutError:
            logger.warning("{} did not confirm in time that a bot left", provider.key)
        except ProviderError as e:
            self._standing.trouble(may_still_be_there(provider.name, e.problem))

    async def _stop_voice(self) -> None:
        voice, self._voice = self._voice, None
        if voice is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await voice.hush()
                await voice.stop()
        except TimeoutError:
            logger.error("the voice of bot {} did not stop in time", self.view.bot_id)

    # -- what comes in --------------------------------------------------------------------------

    async def _on_socket(self, socket: MeetingSocket) -> None:
        voice = self._voice
        if voice is None or self._life.state.is_final:
            await socket.close(1000, "the bot has left")
            return
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
                self._wake.set()

    def _on_voice_event(self, event: Event) -> None:
        if isinstance(event, BotEvidence):
            self._standing.prove(event.evidence, event.detail)
            return
        if isinstance(event, RosterChanged):
            self._standing.change(is_speaking=self.order.name in event.speaking)
            if not self._life.has(Evidence.ADMITTED):
                spawn(self._admit("the meeting's roster arrived"), f"admit {self.view.bot_id}")
        elif isinstance(event, LineFinal):
            self._standing.change(line_count=self.view.line_count + 1)
        elif isinstance(event, TurnTimed) and event.total_ms is not None:
            self._standing.change(last_answer_ms=event.total_ms)
        elif isinstance(event, BotProblem):
            others = tuple(t for t in self.view.troubles if t.stage is not event.problem.stage)
            troubles = others if event.recovered else (*others, event.problem)
            self._standing.change(troubles=troubles)
        self._around.publish(event)

    def _watch_audio(self) -> None:
        if self._no_audio_since is None or self._life.state is not BotState.IN_CALL:
            return
        quiet_s = self._around.clock.monotonic() - self._no_audio_since
        was_connected = self._life.has(Evidence.DIALLED_IN)
        if self._no_audio_told is None and quiet_s > (
            DROP_PATIENCE_S if was_connected else DIAL_PATIENCE_S
        ):
            self._no_audio_told = no_audio(self.order.provider.name, was_connected)
            self._standing.trouble(self._no_audio_told)

    async def _unless_leaving(self, work: Awaitable[T]) -> T:
        task = asyncio.ensure_future(work)
        try:
            await _first(task, self._leaving.wait())
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
            raise _AskedToLeave
        return task.result()


async def _first(task: asyncio.Future[Any], other: Coroutine[Any, Any, Any]) -> None:
    """Wait until `task` or `other` is done; `other` is cancelled, `task` is not."""
    waiting = asyncio.ensure_future(other)
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
