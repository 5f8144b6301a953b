"""Bots that join by themselves at a time (contracts/meetingbaas.md §2.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from speakdesk.domain.calendar import Page, ScheduledBot
from speakdesk.domain.clock import to_iso, utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.providers.base import JoinRequest
from speakdesk.providers.meetingbaas.bodies import (
    LONGEST_NAME,
    address_body,
    create_body,
    scheduled_body,
    secrets_of,
)
from speakdesk.providers.meetingbaas.bots import (
    Bots,
    find_marked,
    list_of,
    object_of,
    page_query,
    read_bot_id,
)
from speakdesk.providers.meetingbaas.errors import Refusal, bad_request
from speakdesk.providers.meetingbaas.http import Conversation
from speakdesk.providers.meetingbaas.lost import found_or_raise, marked
from speakdesk.providers.meetingbaas.replies import (
    BatchResult,
    next_cursor,
    read_batch,
    read_scheduled,
)

SCHEDULED = "/v2/bots/scheduled"
LOCK = timedelta(minutes=4)
SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ScheduledFilter:
    """Which scheduled bots to list; empty fields do not narrow it down."""

    statuses: tuple[str, ...] = ()
    bot_name: str = ""
    bot_id: str = ""
    meeting_url: str = ""
    platforms: tuple[str, ...] = ()
    scheduled_after: datetime | None = None
    scheduled_before: datetime | None = None

    def query(self) -> dict[str, str]:
        """The query parameters."""
        moments = {
            "scheduled_after": self.scheduled_after,
            "scheduled_before": self.scheduled_before,
        }
        words = {
            "status": ",".join(self.statuses),
            "bot_name": self.bot_name,
            "bot_id": self.bot_id,
            "meeting_url": self.meeting_url,
            "meeting_platform": ",".join(self.platforms),
            **{name: to_iso(at) for name, at in moments.items() if at is not None},
        }
        return {name: value for name, value in words.items() if value}


class Scheduled:
    """The operations on `/v2/bots/scheduled`. Every method raises ProviderError, nothing else."""

    def __init__(self, v2: Conversation, bots: Bots, now: Callable[[], datetime] = utc_now) -> None:
        self._v2 = v2
        self._bots = bots
        self._now = now

    async def create(self, request: JoinRequest, join_at: datetime) -> str:
        """Let a bot join at a time, one minute to 90 days ahead; returns its id.

        The bot that joins then has the same id. Tokens and the daily number are looked at only
        then.
        """
        refuse_time(join_at, self._now())
        body, mark = marked(scheduled_body(request, join_at))
        try:
            envelope = await self._v2.post(SCHEDULED, body, secrets=secrets_of(request))
            return read_bot_id(envelope, self._v2.who)
        except ProviderError as error:
            return await found_or_raise(
                error, lambda: find_marked(self._v2, SCHEDULED, mark), self._v2
            )

    async def create_batch(self, wishes: Sequence[tuple[JoinRequest, datetime]]) -> BatchResult:
        """Schedule several in one request; some may fail while others are taken. Sent once."""
        for _, join_at in wishes:
            refuse_time(join_at, self._now())
        secrets = tuple(secret for request, _ in wishes for secret in secrets_of(request))
        bodies = [scheduled_body(request, join_at) for request, join_at in wishes]
        envelope = await self._v2.post(f"{SCHEDULED}/batch", bodies, secrets=secrets)
        return read_batch(envelope, self._v2.who, secrets)

    async def page(
        self, which: ScheduledFilter | None = None, limit: int = 50, cursor: str = ""
    ) -> Page[ScheduledBot]:
        """One page of scheduled bots. `limit` is 1..100."""
        more = which.query() if which else {}
        envelope = await self._v2.get(SCHEDULED, page_query(limit, cursor, more))
        found = tuple(read_scheduled(item) for item in list_of(envelope, self._v2.who))
        return Page(found, next_cursor(envelope))

    async def get(self, bot_id: str) -> ScheduledBot:
        """One scheduled bot."""
        return read_scheduled(object_of(await self._v2.get(_path(bot_id)), self._v2.who))

    async def change(
        self,
        bot_id: str,
        *,
        join_at: datetime | None = None,
        bot_name: str = "",
        request: JoinRequest | None = None,
    ) -> None:
        """Change the time, the name, or everything that a request says, and nothing else.

        Refused in the bot's last four minutes.
        """
        body: dict[str, Any] = create_body(request) if request else {}
        if bot_name:
            body["bot_name"] = bot_name[:LONGEST_NAME]
        if join_at is not None:
            refuse_time(join_at, self._now())
            body["join_at"] = to_iso(join_at)
        await self._change(bot_id, body, secrets_of(request) if request else ())

    async def redirect(self, bot_id: str, request: JoinRequest) -> None:
        """Change the addresses it was given, and nothing else. Refused like `change`."""
        await self._change(bot_id, address_body(request), secrets_of(request))

    async def _change(self, bot_id: str, body: dict[str, Any], secrets: tuple[str, ...]) -> None:
        try:
            await self._v2.patch(_path(bot_id), body, secrets=secrets)
        except Refusal as e:
            if e.http_status != 409:
                raise
            raise await self._locked(bot_id, e) from e

    async def cancel(self, bot_id: str) -> None:
        """Take it back, also in its last four minutes; one that is over already is no error.

        Sources disagree whether a locked bot can be deleted (§2.2), so a refused one is told to
        leave, which cancels a bot that has not started.
        """
        try:
            await self._v2.delete(_path(bot_id))
        except Refusal as e:
            if e.http_status != 409:
                raise
            await self._cancel_locked(bot_id, e)

    async def _cancel_locked(self, bot_id: str, refusal: Refusal) -> None:
        try:
            await self._v2.post(f"/v2/bots/{quote(bot_id, safe='')}/leave", repeatable=True)
        except Refusal as e:
            if not await self._is_over(bot_id):
                raise ProviderError(_lock_problem(self._v2.who, refusal.problem)) from e

    async def _is_over(self, bot_id: str) -> bool:
        try:
            bot = await self.get(bot_id)
            if bot.status in ("cancelled", "failed"):
                return True
            if bot.status != "completed":
                return False
            state = (await self._bots.status(bot_id)).state
        except ProviderError:
            return False
        return state is not None and state.is_final

    async def _locked(self, bot_id: str, refusal: Refusal) -> ProviderError:
        try:
            bot = await self.get(bot_id)
        except ProviderError:
            return ProviderError(_lock_problem(self._v2.who, refusal.problem))
        explained = why_locked(bot, self._now(), self._v2.who)
        if explained is None:
            return ProviderError(_lock_problem(self._v2.who, refusal.problem))
        return ProviderError(replace(explained, vendor_words=refusal.problem.vendor_words))


def refuse_time(join_at: datetime, now: datetime) -> None:
    """Raise ProviderError where no bot can be scheduled for that moment."""
    if join_at < now + SOONEST:
        raise bad_request(
            "A bot can be scheduled for a minute from now at the earliest.",
            "Choose a later time, or launch the bot now.",
        )
    if join_at > now + LATEST:
        raise bad_request(
            "A bot can be scheduled at most 90 days ahead.", "Choose an earlier time."
        )


def why_locked(bot: ScheduledBot, now: datetime, who: str = "MeetingBaas") -> Problem | None:
    """Why a scheduled bot cannot be changed any more; None where it can. Asks nobody."""
    if bot.status and not bot.is_waiting:
        sentence = {
            "cancelled": "This bot was cancelled.",
            "completed": "This bot is on its way already, or has been in its meeting.",
            "failed": "This bot could not join its meeting.",
        }.get(bot.status, f"{who} says that this bot is “{bot.status}”.")
        step = "Launch or schedule a new one."
        return Problem(Stage.PROVIDER, Reason.CONFLICT, sentence, step)
    if bot.join_at is not None and bot.join_at - now < LOCK:
        return _lock_problem(who)
    return None


def _lock_problem(who: str, from_vendor: Problem | None = None) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.CONFLICT,
        f"The bot joins in less than four minutes, and from then on {who} lets nobody change it.",
        "Let it join and make it leave there, or cancel it and launch another.",
        from_vendor.vendor_words if from_vendor else "",
    )


def _path(bot_id: str) -> str:
    return f"{SCHEDULED}/{quote(bot_id, safe='')}"
