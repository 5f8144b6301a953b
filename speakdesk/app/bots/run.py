"""One bot's life, supervised: prepare, join, follow, leave; whatever happens, it reaches an end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loguru import logger

from speakdesk.app.bots.arrival import CREATE_PATIENCE_S, Arrival
from speakdesk.app.bots.departure import LEAVE_TIMEOUT_S, Departure
from speakdesk.app.bots.following import Forgotten, StatusWatch
from speakdesk.app.bots.leave_wish import ASKED, AskedToLeave, LeaveWish
from speakdesk.app.bots.order import BotOrder, Surroundings
from speakdesk.app.bots.presence import STOP_TIMEOUT_S, Presence
from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.bots.waiting import Waiting
from speakdesk.app.bots.words import advice_of, alone_words, slept_notice, slept_words
from speakdesk.app.problems import (
    cannot_pause,
    crashed,
    unexplained_failure,
    way_in_moved,
)
from speakdesk.app.tasks import spawn
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.errors import Problem, ProviderError, SpeakDeskError
from speakdesk.domain.events import BotProblem, ChatMessage
from speakdesk.domain.launch import BotView
from speakdesk.pipeline.contract import Levels
from speakdesk.providers.base import Capability, PausingProvider, ProviderStatus

REST_S = 0.5
REST_UNTOLD_S = 3.0
CLOSE_PATIENCE_S = LEAVE_TIMEOUT_S + STOP_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a bot's life ended. `provider_knows` where the provider itself said so."""

    state: BotState
    cause: str
    problem: Problem | None = None
    provider_knows: bool = False


class BotRun:
    """Supervises one bot from Launch to its end. `view` is what a face shows of it."""

    def __init__(self, order: BotOrder, around: Surroundings) -> None:
        self.order = order
        self._around = around
        self._leave_wish = LeaveWish()
        self._wake = asyncio.Event()
        self._afterwards: set[asyncio.Task[None]] = set()
        now = around.clock.now()
        self._standing = BotStanding(
            BotView(
                bot_id=order.bot_id,
                name=order.name,
                persona=order.persona.key if order.persona else "",
                meeting=order.meeting,
                meeting_id=order.meeting_id,
                provider=order.provider.key,
                state=BotState.PREPARING,
                since=now,
                created=now,
                plan=order.plan,
                is_recorder=order.is_recorder,
                join_at=order.join_at,
            ),
            around.publish,
            around.clock,
        )
        self._life = self._standing.life
        self._presence = Presence(
            order,
            around,
            self._standing,
            on_roster=self._on_roster,
            on_change=self._wake.set,
        )
        self._arrival = Arrival(order, around, self._standing)
        self._departure = Departure(order.provider, self._standing, around.clock)
        self._watch = StatusWatch(order.provider, self._standing, around.clock)
        self._is_waiting = False
        self._is_parked = False
        self.was_among_bots = False

    @property
    def view(self) -> BotView:
        """The bot as a face shows it."""
        return self._standing.view

    @property
    def close_patience_s(self) -> float:
        """How long its end may take: a bot that is being made must be known to be left."""
        return CLOSE_PATIENCE_S + (CREATE_PATIENCE_S if self._arrival.is_under_way else 0.0)

    async def run(self) -> None:
        """Live the whole life. Never raises; afterwards the state is final."""
        with logger.contextualize(bot_id=self.order.bot_id):
            await self._run()

    async def _run(self) -> None:
        self._standing.begin()
        try:
            outcome = await self._live()
        except AskedToLeave:
            outcome = Outcome(BotState.ENDED, self._leave_wish.cause)
        except asyncio.CancelledError:
            outcome = Outcome(BotState.ENDED, "SpeakDesk closed")
        except SpeakDeskError as e:
            outcome = Outcome(BotState.FAILED, e.problem.sentence, e.problem)
        except Exception as e:  # noqa: BLE001 - a bot that crashes takes nothing else down
            logger.opt(exception=e).error("bot {} crashed", self.order.bot_id)
            outcome = Outcome(BotState.FAILED, "it crashed", crashed(e))
        await self._finish(outcome)

    # -- what is asked of it --------------------------------------------------------------------

    def leave(self, cause: str = ASKED) -> None:
        """Ask the bot to leave: shown at once, and `run` ends soon after."""
        if self._life.state.is_final or self._leave_wish.is_there:
            return
        self._leave_wish.make(cause)
        self._wake.set()
        self._standing.move(BotState.LEAVING, advice="")

    def park(self) -> None:
        """End here, and leave a bot that waits at the provider to the next start."""
        self._is_parked = self._is_waiting and bool(self.view.provider_bot_id)
        self.leave("SpeakDesk closed; it waits at the provider" if self._is_parked else ASKED)

    def report(self, status: ProviderStatus) -> None:
        """The provider told of the bot by itself; applied as if it had been asked."""
        if not self._life.state.is_final:
            self._watch.report(status)
            self._wake.set()

    async def lose_way_in(self) -> None:
        """The public address this bot was given is gone for good; its provider cannot dial it."""
        state = self._life.state
        if state.is_final or self.order.is_recorder or not self._arrival.is_tunnel:
            return
        if not self._is_waiting:
            self._presence.cut_off()
            self._standing.trouble(way_in_moved(self.order.provider.name))
        elif (problem := await self._arrival.redirect()) is not None:
            self._standing.trouble(problem)
        else:
            logger.info("bot {} waits with the new public address", self.order.bot_id)

    async def say(self, text: str) -> None:
        """Say this now. Does nothing before the bot is in the call."""
        if self._life.state is BotState.IN_CALL:
            await self._presence.say(text)

    async def hush(self) -> None:
        """Be silent at once."""
        await self._presence.hush()

    async def send_chat(self, text: str) -> None:
        """Write into the meeting's chat. Raises ProviderError."""
        order = self.order
        await order.provider.send_chat(self.view.provider_bot_id, text)
        self._around.publish(
            ChatMessage(bot_id=order.bot_id, sender=order.name, text=text, from_bot=True)
        )

    async def pause_recording(self, pause: bool) -> None:
        """Pause the provider's recording, or go on with it. Raises ProviderError."""
        provider = self.order.provider
        in_call = self._life.state is BotState.IN_CALL
        can_pause = Capability.PAUSE in provider.capabilities
        if not (in_call and can_pause and isinstance(provider, PausingProvider)):
            raise ProviderError(cannot_pause(self.order.name, provider.name, is_in_call=in_call))
        if pause:
            await provider.pause(self.view.provider_bot_id)
        else:
            await provider.resume(self.view.provider_bot_id)
        self._standing.show(is_recording_paused=pause)

    def levels(self) -> Levels:
        """How loud it is now."""
        return self._presence.levels()

    # -- the life -------------------------------------------------------------------------------

    async def _live(self) -> Outcome:
        order = self.order
        if order.join_at is None:
            await self._leave_wish.unless(self._presence.prepare())
            await self._send()
            return await self._follow()
        waiting = Waiting(order, self._standing, self._around.clock, order.join_at)
        if not self._arrival.can_be_scheduled:
            await self._leave_wish.unless(waiting.here(self._wake))
            await self._leave_wish.unless(self._presence.prepare())
            await self._send()
            return await self._follow()
        await self._send(waiting)
        called_off = await self._leave_wish.unless(waiting.there(self._wake, self._has_begun))
        if called_off is not None:
            return Outcome(BotState.ENDED, called_off, provider_knows=True)
        await self._leave_wish.unless(self._presence.prepare())
        return await self._follow()

    def _has_begun(self) -> bool:
        return self._presence.has_dialled or self._watch.has_report

    async def _send(self, waiting: Waiting | None = None) -> None:
        request = await self._leave_wish.unless(
            self._arrival.open(self._presence.on_socket, self._presence.exceeded)
        )
        if waiting is None:
            self._standing.move(BotState.JOINING, advice="", join_at=None)
        asking = self._arrival.ask(request, self.order.join_at if waiting else None)
        self._is_waiting = waiting is not None
        await self._leave_wish.or_done(asking)
        if not asking.done() or asking.exception() is not None:
            self._leave_wish.check()
        self._arrival.accept(asking.result())
        self._leave_wish.check()

    async def _follow(self) -> Outcome:
        while True:
            self._wake.clear()
            self._begin_where_it_is_time()
            try:
                status = await self._leave_wish.unless(self._watch.next())
            except Forgotten as e:
                return Outcome(BotState.ENDED, "the provider forgot the bot", e.problem, True)
            outcome = await self._apply(status) if status is not None else None
            if outcome is None:
                outcome = self._among_bots()
            if outcome is not None:
                return outcome
            self._presence.watch_audio()
            if not self._watch.has_report:
                await self._watch.pause(self._wake)
            self._leave_wish.check()

    def _begin_where_it_is_time(self) -> None:
        if not self._is_waiting:
            return
        join_at = self.view.join_at
        if self._has_begun() or join_at is None or self._around.clock.now() >= join_at:
            self._joins()

    def _joins(self) -> None:
        self._is_waiting = False
        if self._life.state is BotState.PREPARING:
            self._standing.move(BotState.JOINING, join_at=None, advice="")

    async def _apply(self, status: ProviderStatus) -> Outcome | None:
        state, name = status.state, self.order.provider.name
        slept_s, self._watch.slept_s = self._watch.slept_s, 0.0
        if state is BotState.FAILED:
            problem = status.problem or unexplained_failure(name, status.raw)
            self._standing.change(provider_status=status.raw)
            return Outcome(BotState.FAILED, slept_words(problem.sentence, slept_s), problem, True)
        if state is BotState.ENDED:
            self._standing.change(provider_status=status.raw)
            cause = slept_words(status.cause or status.raw, slept_s)
            return Outcome(BotState.ENDED, cause, status.problem, True)
        if state is not None and self._is_waiting:
            self._joins()
        facts: dict[str, Any] = {"provider_status": status.raw}
        if not self._is_waiting:
            facts["advice"] = self._advice(status)
        if state is BotState.IN_CALL:
            facts["is_recording_paused"] = status.raw == "recording_paused"
        if state is BotState.IN_CALL and self._life.can_move(state):
            self._standing.change(**facts)
            await self._admit(f"{name} says {status.raw}")
        elif state in (BotState.LOBBY, BotState.LEAVING) and self._life.can_move(state):
            self._standing.move(state, **facts)
        else:
            self._standing.show(**facts)
        if slept_s:
            self._around.publish(slept_notice(self.view, slept_s))
        return None

    def _advice(self, status: ProviderStatus) -> str:
        """A status that lags behind what the roster showed already advises nothing."""
        is_behind = self._life.state is BotState.IN_CALL and status.state is not BotState.IN_CALL
        return "" if is_behind else advice_of(status)

    def _among_bots(self) -> Outcome | None:
        limit_s = self._around.only_bots_s()
        alone_s = self._presence.crowd.alone_s(self._around.clock.monotonic())
        if self._life.state is not BotState.IN_CALL or not limit_s or alone_s < limit_s:
            return None
        self.was_among_bots = True
        return Outcome(BotState.ENDED, alone_words(alone_s))

    async def _admit(self, detail: str) -> None:
        if not self._life.can_move(BotState.IN_CALL):
            return
        self._standing.prove(Evidence.ADMITTED, detail)
        self._standing.move(BotState.IN_CALL)
        await self._presence.admitted()

    def _on_roster(self) -> None:
        if not self._life.has(Evidence.ADMITTED):
            if self._is_waiting:
                self._joins()
            spawn(self._admit("the meeting's roster arrived"), f"admit {self.view.bot_id}")

    # -- the end --------------------------------------------------------------------------------

    async def _finish(self, outcome: Outcome) -> None:
        must_leave = not outcome.provider_knows
        if outcome.state is BotState.ENDED and must_leave:
            self._standing.move(BotState.LEAVING, advice="")
        self._standing.change(troubles=(), advice="", is_speaking=False)
        if not must_leave:
            self._around.let_go(self.order.bot_id)
        await self._part(must_leave and not self._is_parked)
        self._keep(self._arrival.close(), "way in")
        self._standing.change(
            problem=outcome.problem,
            cause=outcome.cause,
            join_at=None,
            ended=self._around.clock.now(),
        )
        if outcome.problem is not None:
            self._around.publish(BotProblem(bot_id=self.view.bot_id, problem=outcome.problem))
        self._standing.move(outcome.state)

    async def _part(self, must_leave: bool) -> None:
        """Fall silent and let the provider know, at the same time."""
        work = [self._presence.stop()]
        if must_leave:
            work.append(self._leave_provider())
        try:
            results = await asyncio.gather(*work, return_exceptions=True)
        except asyncio.CancelledError:
            logger.warning("bot {} had no time to end in order", self.view.bot_id)
            return
        for result in results:
            if isinstance(result, BaseException):
                logger.opt(exception=result).error("bot {} did not end cleanly", self.view.bot_id)

    async def _leave_provider(self) -> None:
        await self._arrival.settle()
        if not self.view.provider_bot_id:
            return
        if not self._is_waiting:
            await self._departure.tell()
            self._keep(self._see_off(None), "see off")
        elif await self._departure.cancel():
            self._around.let_go(self.order.bot_id)
        else:
            self._keep(self._see_off(self.view.join_at or self._around.clock.now()), "see off")

    async def _see_off(self, comes_at: datetime | None) -> None:
        """Until that is done, or where it cannot be, the next start looks for the bot again."""
        if self._departure.is_told:
            self._around.let_go(self.order.bot_id)
        if await self._departure.see_off(comes_at):
            self._around.let_go(self.order.bot_id)

    def _keep(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = spawn(work, f"{what} of {self.order.bot_id}")
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    async def rest(self) -> None:
        """Wait for what goes on after the end, and give the rest of it up. Bounded."""
        if self._afterwards:
            patience_s = REST_S if self._departure.is_told else REST_UNTOLD_S
            _, late = await asyncio.wait(tuple(self._afterwards), timeout=patience_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)
