"""`speakdesk calendar connect`: the one command of calendars that asks for secrets."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import typer

from speakdesk.app.calendar.agenda import calendar_title
from speakdesk.app.calendar.login import guide_for
from speakdesk.app.desk import Desk
from speakdesk.cli.calendar_desk import with_desk
from speakdesk.cli.calendar_words import connection_json
from speakdesk.cli.output import print_json
from speakdesk.cli.terminal import TerminalLines
from speakdesk.domain.calendar import CalendarChoice, CalendarLogin
from speakdesk.domain.errors import SpeakDeskError

BAD_ARGUMENTS = 2


@dataclass(frozen=True, slots=True)
class Connecting:
    """What `calendar connect` was asked; secrets are never among it."""

    platform: str
    calendar: str = ""
    renew: str = ""
    keep: bool = True
    provider: str = ""
    as_json: bool = False


def connect(options: Connecting) -> int:
    """Sign in, choose a calendar, let the provider watch it; or renew one it lost."""
    guide = guide_for(options.platform)
    if guide is None:
        raise typer.BadParameter("choose google or microsoft", param_hint="PLATFORM")
    known = with_desk(lambda desk: _known(desk, guide.platform), options.provider)
    given: dict[str, str] = {}
    empty = [f for f in guide.fields if not f.is_optional and f.field not in known]
    if empty and not sys.stdin.isatty():
        names = ", ".join(field.key_name for field in empty)
        print(f"Set {names} in the environment or in .env. {guide.where}", file=sys.stderr)
        return BAD_ARGUMENTS
    if empty:
        print(guide.where, file=sys.stderr)
    for field in empty:
        print(f"{guide.name}'s {field.title.lower()}: ", end="", file=sys.stderr, flush=True)
        given[field.field] = getpass.getpass("") if field.is_secret else input()
    return with_desk(lambda desk: _connect(desk, options, given), options.provider)


async def _known(desk: Desk, platform: str) -> frozenset[str]:
    await desk.calendar.ready()
    return desk.calendar.accounts.kept_fields(platform)


async def _connect(desk: Desk, options: Connecting, given: Mapping[str, str]) -> int:
    accounts = desk.calendar.accounts
    login = accounts.login(options.platform, given)
    if options.renew:
        connection = await accounts.renew(options.renew, login)
    else:
        choice = await _choose(await accounts.choices(login), options)
        if choice is None:
            return BAD_ARGUMENTS
        connection = await accounts.connect(login, choice)
    if options.keep and given:
        await _keep(desk, login)
    if options.as_json:
        print_json(connection_json(connection))
    else:
        print(f"Connected: {calendar_title(connection)} ({connection.calendar_id})")
        print("Its events come within a few minutes: speakdesk calendar events", file=sys.stderr)
    return 0


async def _keep(desk: Desk, login: CalendarLogin) -> None:
    try:
        await desk.calendar.accounts.keep(login)
    except SpeakDeskError as e:
        print(f"The calendar is connected, but its sign-in was not kept. {e}", file=sys.stderr)


async def _choose(
    choices: tuple[CalendarChoice, ...], options: Connecting
) -> CalendarChoice | None:
    if not choices:
        print("This account has no calendar.", file=sys.stderr)
        return None
    if options.calendar:
        wanted = options.calendar.casefold()
        for choice in choices:
            if wanted in (choice.id.casefold(), choice.name.casefold(), choice.email.casefold()):
                return choice
        print(f"The account has no calendar {options.calendar!r}.", file=sys.stderr)
    elif len(choices) == 1:
        return choices[0]
    for number, choice in enumerate(choices, start=1):
        main = " (main)" if choice.is_primary else ""
        print(f"{number:>3}  {choice.name or choice.email or choice.id}{main}", file=sys.stderr)
    lines = TerminalLines()
    if options.calendar or not lines.is_person:
        print("Name one of these with --calendar.", file=sys.stderr)
        return None
    answer = (await lines.ask("Which one? Enter takes the first:") or "").strip() or "1"
    if answer.isdigit() and 1 <= int(answer) <= len(choices):
        return choices[int(answer) - 1]
    print(f"There is no number {answer}.", file=sys.stderr)
    return None
