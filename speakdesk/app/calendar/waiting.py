"""Scheduled bots for the faces: which there are, another time or name, taking one back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from speakdesk.app.calendar.host import CalendarHost
from speakdesk.app.calendar.scheduled import ScheduledRow, locked, scheduled_rows
from speakdesk.app.calendar.sources import CalendarSource
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeakDeskError, Stage
from speakdesk.providers.meetingbaas.scheduled import refuse_time


class WaitingBots:
    """This desk's waiting bots and the account's; every coroutine raises SpeakDeskError."""

    def __init__(
        self,
        host: CalendarHost,
        source: Callable[[], Awaitable[CalendarSource]],
        now: Callable[[], datetime],
    ) -> None:
        self._host = host
        self._source = source
        self._now = now

    async def rows(self) -> tuple[ScheduledRow, ...]:
        """The bots that wait for their time, the next one first: this desk's and the account's."""
        source = await self._source()
        return scheduled_rows(await source.scheduled(), self._host.bots.values())

    async def find(self, bot_id: str) -> ScheduledRow:
        """One of them by its id, or by the beginning of it where that is enough."""
        rows = await self.rows()
        found = [r for r in rows if bot_id and bot_id in (r.provider_bot_id, r.bot_id)] or [
            r for r in rows if bot_id and r.provider_bot_id.startswith(bot_id)
        ]
        if len(found) != 1:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.NOT_FOUND,
                    f"There is no scheduled bot {bot_id!r}; it may have joined already."
                    if not found
                    else f"Several scheduled bots have an id that begins with {bot_id!r}.",
                    "Take the id from the list of scheduled bots.",
                )
            )
        return found[0]

    async def reschedule(
        self, row: ScheduledRow, *, join_at: datetime | None = None, name: str = ""
    ) -> None:
        """Another time or another name for a scheduled bot; refused in its last four minutes.

        A bot that waits in this desk sees within a minute that it was moved.
        """
        problem = locked(row, self._now())
        if problem is not None:
            raise ProviderError(problem)
        if join_at is not None:
            refuse_time(join_at, self._now())
        source = await self._source()
        is_only_moved = not name.strip() and bool(row.provider_bot_id) and source.lists_scheduled
        if row.bot_id and not is_only_moved:
            await self._send_anew(row, join_at, name)
            return
        await source.change_scheduled(row.provider_bot_id, join_at=join_at, bot_name=name.strip())

    async def _send_anew(self, row: ScheduledRow, join_at: datetime | None, name: str) -> None:
        """Take a bot of this desk back and send it again: it knows itself by its name."""
        view = self._host.bots[row.bot_id]
        before = self._host.launch_of(row.bot_id)
        fresh = before.options and replace(before.options, deduplication_key="")
        launch = replace(
            before,
            personas=() if view.is_recorder else (view.persona,),
            add_recorder=view.is_recorder,
            names=(name.strip() or view.name,),
            join_at=join_at or row.join_at,
            options=fresh,
        )
        await self._host.leave(row.bot_id)
        try:
            await self._host.launch(launch)
        except SpeakDeskError as e:
            sentence = (
                f"{view.name} was taken back, but could not be sent again: {e.problem.sentence}"
            )
            raise ProviderError(replace(e.problem, sentence=sentence)) from e

    async def cancel(self, row: ScheduledRow) -> None:
        """Take a scheduled bot back; in its last four minutes it is told to leave instead."""
        if row.bot_id:
            await self._host.leave(row.bot_id)
            return
        await (await self._source()).cancel_scheduled(row.provider_bot_id)
