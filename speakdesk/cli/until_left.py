"""A command that stays for as long as its bots live, and says in the end what failed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace

from speakdesk.app.desk import Desk
from speakdesk.cli.output import print_problem
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import BotStateChanged, BotStatusChanged, Event


def notes_end(desk: Desk, ended: asyncio.Event) -> Callable[[Event], None]:
    """For the bus: keeps `ended` set while no bot of the desk lives."""

    def note(event: Event) -> None:
        if isinstance(event, BotStateChanged):
            (ended.set if desk.live_count == 0 else ended.clear)()

    return note


def advises(desk: Desk) -> Callable[[Event], None]:
    """For the bus: says on stderr what a person can do about a bot's state, once for each."""
    said: dict[str, str] = {}

    def note(event: Event) -> None:
        view = desk.bots.get(event.bot_id)
        if view is None or not isinstance(event, BotStateChanged | BotStatusChanged):
            return
        if view.advice != said.get(view.bot_id, ""):
            said[view.bot_id] = view.advice
            if view.advice:
                print(f"{view.name}: {view.advice}", file=sys.stderr, flush=True)

    return note


def tell_failures(desk: Desk) -> int:
    """Say why bots failed; the exit status of that."""
    failed = [bot for bot in desk.bots.values() if bot.state is BotState.FAILED]
    for bot in failed:
        if bot.problem is not None:
            print_problem(replace(bot.problem, sentence=f"{bot.name}: {bot.problem.sentence}"))
    return 1 if failed else 0
