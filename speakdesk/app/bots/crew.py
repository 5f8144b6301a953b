"""The bots of this session: started, found, spoken to, and left together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from speakdesk.app.bots.order import OUR_MARK, BotOrder, Surroundings
from speakdesk.app.bots.run import BotRun
from speakdesk.app.problems import no_such_bot
from speakdesk.app.tasks import spawn
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.events import ChatMessage, Event
from speakdesk.domain.launch import BotView
from speakdesk.domain.meeting import MeetingLink
from speakdesk.providers.meetingbaas.webhooks import BotReported, ChatReported, WebhookEvent

ENDED_BOTS_KEPT = 50
LAST_WORDS = timedelta(seconds=10)
CANCEL_PATIENCE_S = 8.0


class Crew:
    """All bots that were launched here, in that order; the newest of the ended ones are kept."""

    def __init__(
        self,
        clock: Clock,
        publish: Callable[[Event], None],
        on_end: Callable[[], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._publish = publish
        self._on_end = on_end
        self._runs: dict[str, BotRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def views(self) -> Mapping[str, BotView]:
        """The bots as they stand, in the order they were launched."""
        return MappingProxyType({bot_id: run.view for bot_id, run in self._runs.items()})

    @property
    def live(self) -> tuple[BotRun, ...]:
        """Those that have not reached an end."""
        return tuple(run for run in self._runs.values() if run.view.is_live)

    def start(self, order: BotOrder, around: Surroundings) -> str:
        """Begin a bot's life; returns its id."""
        run = BotRun(order, around)
        self._runs[order.bot_id] = run
        self._tasks[order.bot_id] = spawn(self._live(run), f"bot {order.bot_id}")
        return order.bot_id

    def find(self, bot_id: str) -> BotRun | None:
        """One bot, None where it is not in the list."""
        return self._runs.get(bot_id)

    def get(self, bot_id: str) -> BotRun:
        """One bot. Raises ProviderError where it is not in the list."""
        run = self._runs.get(bot_id)
        if run is None:
            raise ProviderError(no_such_bot(bot_id))
        return run

    async def ended(self, bot_id: str) -> None:
        """Wait until a bot has reached its end."""
        if (task := self._tasks.get(bot_id)) is not None:
            await asyncio.wait([task])

    def leave_all(self, *, keep_waiting: bool = False) -> None:
        """Ask every bot to leave, all at once; with `keep_waiting` scheduled ones stay so."""
        for run in self.live:
            run.park() if keep_waiting else run.leave()

    def forget_ended(self) -> None:
        """Drop the bots that have ended."""
        self._forget([bot_id for bot_id, run in self._runs.items() if not run.view.is_live])

    async def close(self, *, keep_waiting: bool = False) -> None:
        """Leave every bot and wait for that, bounded; safe to call twice."""
        self.leave_all(keep_waiting=keep_waiting)
        pending = {
            task: self._runs[bot_id].close_patience_s
            for bot_id, task in self._tasks.items()
            if not task.done()
        }
        if pending:
            _, late = await asyncio.wait(pending, timeout=max(pending.values()))
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=CANCEL_PATIENCE_S)
        await asyncio.gather(*(run.rest() for run in self._runs.values()))

    # -- who else is there ----------------------------------------------------------------------

    def in_meeting(self, meeting: MeetingLink) -> Iterator[BotView]:
        """The bots of one meeting, ended ones included."""
        for run in self._runs.values():
            there = run.view.meeting
            if (there.platform, there.meeting_id) == (meeting.platform, meeting.meeting_id):
                yield run.view

    def names_in(self, meeting: MeetingLink) -> frozenset[str]:
        """The names of the live bots of a meeting."""
        return frozenset(view.name for view in self.in_meeting(meeting) if view.is_live)

    def siblings(self, meeting: MeetingLink, bot_id: str) -> frozenset[str]:
        """The names of the others in a meeting; what one just said may still be heard."""
        since = self._clock.now() - LAST_WORDS
        return frozenset(
            view.name
            for view in self.in_meeting(meeting)
            if view.bot_id != bot_id and (view.ended is None or view.ended > since)
        )

    # -- what comes from outside ----------------------------------------------------------------

    def report(self, provider_key: str, event: WebhookEvent) -> None:
        """A provider told of one of its bots; one that is not ours is let be."""
        run = self._reported(provider_key, event)
        if run is None:
            return
        if isinstance(event, BotReported):
            run.report(event.status)
        elif isinstance(event, ChatReported):
            self._publish(
                ChatMessage(bot_id=run.order.bot_id, sender=event.sender, text=event.text)
            )

    def lose_way_in(self) -> None:
        """The public address changed under all bots that were given the old one."""
        for run in self.live:
            if run.order.provider.needs_public_url:
                spawn(run.lose_way_in(), f"way in of {run.order.bot_id}")

    def _reported(self, provider_key: str, event: WebhookEvent) -> BotRun | None:
        for run in self._runs.values():
            if run.order.provider.key != provider_key:
                continue
            if event.provider_bot_id and run.view.provider_bot_id == event.provider_bot_id:
                return run
            if event.extra.get(OUR_MARK) == run.order.bot_id:
                return run
        return None

    async def _live(self, run: BotRun) -> None:
        await run.run()
        if run.was_among_bots:
            self._take_recorders_along(run)
        await self._on_end()
        ended = [b for b, r in self._runs.items() if not r.view.is_live]
        self._forget(ended[:-ENDED_BOTS_KEPT])

    def _take_recorders_along(self, run: BotRun) -> None:
        """A record-only bot hears nothing of who is there: it goes with the last that does."""
        there = [view for view in self.in_meeting(run.order.meeting) if view.is_live]
        if all(view.is_recorder for view in there):
            for view in there:
                self._runs[view.bot_id].leave(run.view.cause)

    def _forget(self, bot_ids: list[str]) -> None:
        for bot_id in bot_ids:
            del self._runs[bot_id]
            self._tasks.pop(bot_id, None)
