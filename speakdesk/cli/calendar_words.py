"""Calendars, events and scheduled bots as lines and as JSON."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from speakdesk.app.calendar.agenda import AgendaEvent
from speakdesk.app.calendar.scheduled import ScheduledRow
from speakdesk.app.calendar.sending import Sent
from speakdesk.cli.output import print_json, print_problem
from speakdesk.domain.calendar import CalendarConnection
from speakdesk.domain.clock import to_iso


def tell_sent(sent: Sent, stdout: TextIO | None, verb: str) -> None:
    """Say what came of a sending: as JSON on `stdout`, or for a person where that is None."""
    for _, problem in sent.failures:
        print_problem(problem)
    if stdout is None:
        bots = "1 bot was" if sent.count == 1 else f"{sent.count} bots were"
        print(f"{bots} {verb}.", file=sys.stderr)
        return
    print_json(
        {
            "bots": list(sent.bot_ids),
            "events": list(sent.event_ids),
            "failures": [{"event": i, "problem": p.to_json()} for i, p in sent.failures],
        },
        stdout,
    )


def event_words(entry: AgendaEvent) -> str:
    """One event on one line, without its time."""
    where = entry.link.platform.label if entry.link is not None else entry.no_link
    bots = [bot.name for bot in entry.bots]
    if entry.sent_name:
        bots.append(entry.sent_name)
    elif entry.event.has_bot:
        bots.append("a bot set elsewhere")
    parts = [entry.event.title or "(no title)", where]
    if entry.event.is_recurring:
        parts.append("repeats")
    if bots:
        parts.append(f"goes there: {', '.join(bots)}")
    return " · ".join(parts)


def event_json(entry: AgendaEvent) -> dict[str, Any]:
    """One event as JSON values; the link comes without its passcode."""
    event = entry.event
    return {
        "event_id": event.event_id,
        "series_id": event.series_id,
        "calendar_id": event.calendar_id,
        "title": event.title,
        "start": to_iso(entry.start),
        "end": to_iso(entry.end),
        "is_recurring": event.is_recurring,
        "platform": entry.link.platform.value if entry.link is not None else "",
        "meeting_url": entry.link.safe_url if entry.link is not None else "",
        "no_link": entry.no_link,
        "has_bot": entry.has_any_bot,
        "bot_is_ours": bool(entry.sent_name or entry.bots),
        "bot_name": entry.sent_name,
    }


def connection_json(connection: CalendarConnection) -> dict[str, Any]:
    """One calendar as JSON values."""
    problem = connection.problem
    return {
        "calendar_id": connection.calendar_id,
        "platform": connection.platform,
        "email": connection.email,
        "name": connection.name,
        "status": connection.status,
        "synced": to_iso(connection.synced) if connection.synced else None,
        "problem": problem.to_json() if problem is not None else None,
    }


def row_json(row: ScheduledRow) -> dict[str, Any]:
    """One scheduled bot as JSON values."""
    return {
        "bot_id": row.provider_bot_id or row.bot_id,
        "name": row.name,
        "join_at": to_iso(row.join_at),
        "locks_at": to_iso(row.locks_at),
        "platform": row.platform,
        "meeting": row.link.display if row.link is not None else "",
        "sender": row.sender.value,
    }
