"""The command line of `speakdesk calendar`; each command imports its work when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from speakdesk.cli.ending import Json, finish

calendar = typer.Typer(
    help="Calendars, their coming events, and the bots on them.", no_args_is_help=True
)
Provider = Annotated[
    str, typer.Option("--provider", help="meetingbaas or meetingbaas-v1; default: the settings'.")
]
Series = Annotated[bool, typer.Option("--series", help="Every coming event of the series.")]
BotId = Annotated[str, typer.Argument(help="The bot's id, or how it begins.", metavar="BOT")]
EventId = Annotated[str, typer.Argument(help="The event's id, or how it begins.", metavar="EVENT")]


@calendar.command()
def connect(
    platform: Annotated[str, typer.Argument(help="google or microsoft.", metavar="PLATFORM")],
    which: Annotated[
        str, typer.Option("--calendar", help="Its name or id; default: you are asked.")
    ] = "",
    renew: Annotated[
        str,
        typer.Option("--renew", help="Sign in again for this calendar.", metavar="CALENDAR"),
    ] = "",
    keep: Annotated[
        bool, typer.Option(help="Keep what you type in this computer's key store.")
    ] = True,
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """Let the provider watch a calendar. Secrets are asked for, or read from the environment."""
    from speakdesk.cli import calendar_connect as command

    options = command.Connecting(platform, which, renew, keep, provider, as_json)
    finish(lambda: command.connect(options))


@calendar.command("list")
def list_calendars(provider: Provider = "", as_json: Json = False) -> None:
    """The connected calendars."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.list_calendars(provider, as_json))


@calendar.command()
def events(
    which: Annotated[
        list[str] | None, typer.Option("--calendar", help="Only this one; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option("--days", "-d", min=1, max=90, help="How far ahead.")] = 14,
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """What is coming, with the events' ids."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.events(tuple(which or ()), days, provider, as_json))


@calendar.command()
def send(
    event: EventId,
    persona: Annotated[
        str, typer.Option("--persona", "-p", help="Which persona goes there.", metavar="KEY")
    ] = "",
    record_only: Annotated[
        bool, typer.Option("--record-only", help="A bot without a voice that only records.")
    ] = False,
    series: Series = False,
    name: Annotated[str, typer.Option("--name", help="What the bot is called.")] = "",
    entry_message: Annotated[
        str, typer.Option("--entry-message", help="What it writes into the chat.", metavar="TEXT")
    ] = "",
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """Send a persona to an event; this command then stays until the bot has left.

    A record-only bot is the provider's own: the command ends at once.
    """
    from speakdesk.app.calendar.sending import EventWish
    from speakdesk.cli import calendar_send as command

    if bool(persona) == record_only:
        raise typer.BadParameter("give one of the two", param_hint="--persona or --record-only")
    wish = EventWish(persona, series, name, entry_message)
    finish(lambda: command.run(event, wish, provider, as_json))


@calendar.command()
def unsend(
    event: EventId, series: Series = False, provider: Provider = "", as_json: Json = False
) -> None:
    """Take the bots of an event back."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.unsend(event, series, provider, as_json))


@calendar.command()
def scheduled(provider: Provider = "", as_json: Json = False) -> None:
    """The bots that wait for their time."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.scheduled(provider, as_json))


@calendar.command()
def reschedule(
    bot: BotId,
    at: Annotated[
        str, typer.Option("--at", help="15:30, in 10 min, or 2026-11-20T15:30.", metavar="TIME")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="Another name.")] = "",
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """Another time or name for a scheduled bot, until four minutes before it joins."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.reschedule(bot, at, name, provider, as_json))


@calendar.command()
def cancel(bot: BotId, provider: Provider = "", as_json: Json = False) -> None:
    """Take a scheduled bot back."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.cancel(bot, provider, as_json))


@calendar.command()
def sync(
    which: Annotated[
        str, typer.Argument(help="Its id; default: all of them.", metavar="[CALENDAR]")
    ] = "",
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """Read the events again."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.sync(which, provider, as_json))


@calendar.command()
def disconnect(
    which: Annotated[str, typer.Argument(help="The calendar's id.", metavar="CALENDAR")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    provider: Provider = "",
    as_json: Json = False,
) -> None:
    """Stop watching a calendar."""
    from speakdesk.cli import calendar as command

    finish(lambda: command.disconnect(which, yes, provider, as_json))
