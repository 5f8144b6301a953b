"""`speakdesk bots`: the bots of an account at a provider, listed and told to leave."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from speakdesk.app.bots.account import AccountBot
from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.output import print_json, print_problem
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import SpeakDeskError

BAD_ARGUMENTS = 2
LISTED = 250

T = TypeVar("T")


def list_bots(provider: str, only_live: bool, limit: int, as_json: bool) -> int:
    """Print the account's bots."""
    if (status := _unknown(provider)) is not None:
        return status
    found = _ask(lambda desk: desk.account.list(provider, limit=limit, only_live=only_live))
    if as_json:
        print_json([_json(bot) for bot in found])
        return 0
    if not found:
        print("There are no bots." if not only_live else "No bot is in a meeting or on its way.")
    for bot in found:
        at = bot.join_at or bot.created
        moment = f"{at.astimezone():%Y-%m-%d %H:%M}" if at else " " * 16
        mark = "*" if bot.is_ours else " "
        state = bot.raw.replace("_", " ") or "unknown"
        print(f"{mark} {bot.provider_bot_id}  {moment}  {state:<20}  {bot.name}  {bot.meeting}")
    return 0


def leave(wanted: Sequence[str], provider: str, as_json: bool) -> int:
    """Tell bots to leave; without any named, all live ones that SpeakDesk sent."""
    if (status := _unknown(provider)) is not None:
        return status
    return _ask(lambda desk: _leave(desk, wanted, provider, as_json))


async def _leave(desk: Desk, wanted: Sequence[str], provider: str, as_json: bool) -> int:
    known = await desk.account.list(provider, limit=LISTED)
    chosen, status = _choose(known, wanted)
    if status:
        return status
    results = await asyncio.gather(
        *(desk.account.leave(provider, bot) for bot in chosen), return_exceptions=True
    )
    told: list[dict[str, Any]] = []
    for bot, result in zip(chosen, results, strict=True):
        if isinstance(result, SpeakDeskError):
            status = 1
            print_problem(result.problem)
        elif isinstance(result, BaseException):
            raise result
        told.append({"bot_id": bot.provider_bot_id, "name": bot.name, "told": result is None})
        if result is None and not as_json:
            what = "will not join" if bot.is_waiting else "is told to leave"
            print(f"{bot.name or bot.provider_bot_id} {what}.")
    if as_json:
        print_json(told)
    elif not chosen:
        print("SpeakDesk has no bot in a meeting or on its way.")
    return status


def _choose(
    known: Sequence[AccountBot], wanted: Sequence[str]
) -> tuple[tuple[AccountBot, ...], int]:
    if not wanted:
        return tuple(bot for bot in known if bot.is_ours and bot.is_live is not False), 0
    chosen: list[AccountBot] = []
    for word in wanted:
        fits = [b for b in known if word in (b.provider_bot_id, b.bot_id)]
        fits = fits or [b for b in known if b.provider_bot_id.startswith(word)]
        if len(fits) > 1:
            print(f"Several bots begin with {word!r}. Write more of the id.", file=sys.stderr)
            return (), BAD_ARGUMENTS
        # An older bot than the list goes back to is left by its full id.
        chosen.append(fits[0] if fits else AccountBot(word, "", ""))
    return tuple(chosen), 0


def _unknown(provider: str) -> int | None:
    if provider in ("meetingbaas", "meetingbaas-v1"):
        return None
    print(
        f"{provider!r} has no list of bots. Choose meetingbaas or meetingbaas-v1.", file=sys.stderr
    )
    return BAD_ARGUMENTS


def _ask(question: Callable[[Desk], Awaitable[T]]) -> T:
    async def ask() -> T:
        desk = Desk()
        open_logs(desk, to_stderr="ERROR")
        try:
            await desk.open()
            return await question(desk)
        finally:
            await desk.close()

    return asyncio.run(ask())


def _json(bot: AccountBot) -> dict[str, Any]:
    moments = {"created": bot.created, "join_at": bot.join_at, "ended": bot.ended}
    return {
        "bot_id": bot.provider_bot_id,
        "name": bot.name,
        "meeting": bot.meeting,
        "status": bot.raw,
        "sentence": bot.words,
        "is_live": bot.is_live,
        "is_waiting": bot.is_waiting,
        "is_ours": bot.is_ours,
        "speakdesk_bot": bot.bot_id,
        **{name: None if at is None else to_iso(at) for name, at in moments.items()},
    }
