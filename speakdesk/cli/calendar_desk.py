"""One question to the Desk's calendars, from opening the Desk to closing it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from speakdesk.app.calendar.desk import PROVIDERS
from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs

T = TypeVar("T")


def with_desk(question: Callable[[Desk], Awaitable[T]], provider: str) -> T:
    """Ask one question of an open Desk, with this provider's calendars where one is named."""

    async def ask() -> T:
        desk = Desk()
        open_logs(desk, to_stderr="ERROR")
        try:
            await desk.open()
            use_provider(desk, provider)
            return await question(desk)
        finally:
            await desk.close()

    return asyncio.run(ask())


def use_provider(desk: Desk, provider: str) -> None:
    """Take this provider's calendars; empty leaves it to the settings."""
    if provider and provider not in PROVIDERS:
        raise typer.BadParameter(f"choose {' or '.join(PROVIDERS)}", param_hint="--provider")
    desk.calendar.choose_provider(provider)
