"""`speakdesk calendar`: calendars, their coming events, and the bots on them, in the terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import typer

from speakdesk.app.calendar.agenda import calendar_title
from speakdesk.app.calendar.scheduled import ScheduledRow, Sender
from speakdesk.app.calendar.sending import Sent
from speakdesk.app.desk import Desk
from speakdesk.cli.calendar_desk import with_desk
from speakdesk.cli.calendar_words import (
    connection_json,
    event_json,
    event_words,
    row_json,
    tell_sent,
)
from speakdesk.cli.moments import parse_moment
from speakdesk.cli.output import (
    print_json,
    print_problem,
)
from speakdesk.domain.clock import to_iso

BAD_ARGUMENTS = 2
_SENDERS = {
    Sender.HERE: "this SpeakDesk",
    Sender.SPEAKDESK: "SpeakDesk, earlier",
    Sender.OTHER: "not SpeakDesk",
}


def list_calendars(provider: str, as_json: bool) -> int:
    """Print the calendars the provider watches."""
    found = with_desk(lambda desk: desk.calendar.accounts.connections(), provider)
    if as_json:
        print_json([connection_json(c) for c in found])
        return 0
    if not found:
        print("No calendar is connected. Connect one: speakdesk calendar connect google")
    for c in found:
        state = c.status or "connected"
        print(f"{c.calendar_id}  {c.platform or '-':<9}  {state:<8}  {calendar_title(c)}")
        if c.problem is not None:
            print(f"    {c.problem}")
    return 0


def events(calendars: tuple[str, ...], days: int, provider: str, as_json: bool) -> int:
    """Print what is coming."""
    until = datetime.now(UTC) + timedelta(days=days)
    agenda = with_desk(lambda desk: desk.calendar.agenda(calendars, until=until), provider)
    for trouble in agenda.troubles:
        print_problem(trouble)
    if as_json:
        print_json([event_json(entry) for entry in agenda.events])
    elif not agenda.events and not agenda.troubles:
        print(f"Nothing is coming in the next {days} days, or no calendar is connected yet.")
    day = ""
    for entry in agenda.events if not as_json else ():
        local = entry.start.astimezone()
        if (today := f"{local:%A} {local.day} {local:%B}") != day:
            day = today
            print(day)
        print(f"  {local:%H:%M}  {entry.event.event_id}  {event_words(entry)}")
    return 1 if agenda.troubles and not agenda.events else 0


def unsend(event: str, whole_series: bool, provider: str, as_json: bool) -> int:
    """Take the bots of an event or its series back."""

    async def take_back(desk: Desk) -> Sent:
        return await desk.calendar.unsend(
            await desk.calendar.find(event), whole_series=whole_series
        )

    sent = with_desk(take_back, provider)
    tell_sent(sent, sys.stdout if as_json else None, "taken back")
    return 1 if sent.failures else 0


def scheduled(provider: str, as_json: bool) -> int:
    """Print the bots that wait for their time."""

    async def read(desk: Desk) -> tuple[tuple[ScheduledRow, ...], bool]:
        return await desk.calendar.waiting.rows(), desk.calendar.knows_all_scheduled

    rows, knows_all = with_desk(read, provider)
    if not knows_all:
        print("MeetingBaas v1 does not list scheduled bots; use v2 to see them.", file=sys.stderr)
    if as_json:
        print_json([row_json(row) for row in rows])
        return 0
    if not rows:
        print("No bot is scheduled.")
    for row in rows:
        local = row.join_at.astimezone()
        place = row.link.display if row.link is not None else row.platform
        print(
            f"{row.provider_bot_id or row.bot_id}  {local:%Y-%m-%d %H:%M}  {row.name}  {place}  "
            f"{_SENDERS[row.sender]}, can be changed until {row.locks_at.astimezone():%H:%M}"
        )
    return 0


def reschedule(bot: str, at: str, name: str, provider: str, as_json: bool) -> int:
    """Give a scheduled bot another time, another name, or both."""
    join_at: datetime | None = None
    if at:
        try:
            join_at = parse_moment(at, datetime.now(UTC))
        except ValueError as e:
            raise typer.BadParameter(str(e), param_hint="--at") from e
    if join_at is None and not name.strip():
        raise typer.BadParameter("say what to change", param_hint="--at or --name")

    async def change(desk: Desk) -> ScheduledRow:
        row = await desk.calendar.waiting.find(bot)
        await desk.calendar.waiting.reschedule(row, join_at=join_at, name=name)
        return row

    row = with_desk(change, provider)
    when = join_at or row.join_at
    if as_json:
        print_json({"bot_id": row.provider_bot_id, "name": name or row.name, "at": to_iso(when)})
    else:
        print(f"{name or row.name} joins at {when.astimezone():%Y-%m-%d %H:%M}.")
    return 0


def cancel(bot: str, provider: str, as_json: bool) -> int:
    """Take a scheduled bot back."""

    async def take_back(desk: Desk) -> ScheduledRow:
        row = await desk.calendar.waiting.find(bot)
        await desk.calendar.waiting.cancel(row)
        return row

    row = with_desk(take_back, provider)
    if as_json:
        print_json({"bot_id": row.provider_bot_id, "name": row.name, "cancelled": True})
    else:
        print(f"{row.name} will not join.")
    return 0


def sync(calendar: str, provider: str, as_json: bool) -> int:
    """Let the provider read one calendar's events again, or those of all."""

    async def read_again(desk: Desk) -> list[str]:
        accounts = desk.calendar.accounts
        wanted = [calendar] if calendar else [c.calendar_id for c in await accounts.connections()]
        for calendar_id in wanted:
            await accounts.sync(calendar_id)
        return wanted

    done = with_desk(read_again, provider)
    if as_json:
        print_json({"synced": done})
    elif done:
        print("The events are being read again; that takes about a minute.")
    else:
        print("No calendar is connected.")
    return 0


def disconnect(calendar: str, sure: bool, provider: str, as_json: bool) -> int:
    """Stop watching a calendar."""
    if not sure:
        if not sys.stdin.isatty():
            print("Add --yes: bots set on its events are taken back as well.", file=sys.stderr)
            return BAD_ARGUMENTS
        print(
            "Bots that the provider would send to its events are taken back as well. "
            "Disconnect? y or n: ",
            end="",
            file=sys.stderr,
            flush=True,
        )
        if input().strip().lower() not in ("y", "yes"):
            return 1
    with_desk(lambda desk: desk.calendar.accounts.disconnect(calendar), provider)
    if as_json:
        print_json({"calendar_id": calendar, "disconnected": True})
    else:
        print("The calendar is watched no more.")
    return 0
