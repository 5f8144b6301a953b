"""The bots that wait for their time, and how long they can still be changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.errors import LinkError, Problem
from speakdesk.domain.launch import BotView
from speakdesk.domain.meeting import MeetingLink, parse_link
from speakdesk.providers.meetingbaas.scheduled import LOCK, why_locked


class Sender(StrEnum):
    """Who sent a scheduled bot: this running desk, a SpeakDesk before or elsewhere, another."""

    HERE = "here"
    SPEAKDESK = "speakdesk"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ScheduledRow:
    """One scheduled bot. `bot_id` is this desk's own id of it, empty for one it does not run."""

    provider_bot_id: str
    name: str
    join_at: datetime
    sender: Sender
    bot_id: str = ""
    persona: str = ""
    link: MeetingLink | None = None
    platform: str = ""
    is_recorder: bool = False

    @property
    def locks_at(self) -> datetime:
        """From when on nobody can change it: four minutes before it joins."""
        return self.join_at - LOCK


def locked(row: ScheduledRow, now: datetime) -> Problem | None:
    """Why a bot cannot be changed any more; None where it can. Asks nobody."""
    return why_locked(
        ScheduledBot(row.provider_bot_id, row.name, join_at=row.join_at, status="scheduled"), now
    )


def scheduled_rows(
    kept: Iterable[ScheduledBot], views: Iterable[BotView]
) -> tuple[ScheduledRow, ...]:
    """The provider's scheduled bots and this desk's waiting ones as one list, sorted by time."""
    waiting = [
        view
        for view in views
        if view.is_live and view.join_at is not None and view.state is BotState.PREPARING
    ]
    rows = {row.provider_bot_id or row.bot_id: row for row in map(_own_row, waiting)}
    for bot in kept:
        own = rows.get(bot.provider_bot_id)
        if own is not None:
            rows[bot.provider_bot_id] = replace(
                own, name=bot.bot_name or own.name, join_at=bot.join_at or own.join_at
            )
        elif bot.join_at is not None:
            rows[bot.provider_bot_id] = _row(bot, bot.join_at)
    return tuple(sorted(rows.values(), key=lambda row: (row.join_at, row.name)))


def _own_row(view: BotView) -> ScheduledRow:
    assert view.join_at is not None
    return ScheduledRow(
        provider_bot_id=view.provider_bot_id,
        name=view.name,
        join_at=view.join_at,
        sender=Sender.HERE,
        bot_id=view.bot_id,
        persona=view.persona,
        link=view.meeting,
        platform=view.meeting.platform.value,
        is_recorder=view.is_recorder,
    )


def _row(bot: ScheduledBot, join_at: datetime) -> ScheduledRow:
    link: MeetingLink | None
    try:
        link = parse_link(bot.meeting_url)
    except LinkError:
        link = None
    return ScheduledRow(
        provider_bot_id=bot.provider_bot_id,
        name=bot.bot_name,
        join_at=join_at,
        sender=Sender.SPEAKDESK if bot.is_from_speakdesk else Sender.OTHER,
        link=link,
        platform=link.platform.value if link is not None else bot.platform,
    )
