"""The bots of a provider's account, whoever sent them: listed, and told to leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from speakdesk.app.bots.order import OUR_MARK
from speakdesk.domain.bot import BotState
from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.errors import LinkError, Problem, ProviderError, Reason, Stage
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.lost import MARK
from speakdesk.providers.meetingbaas.replies import BotDetails
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.providers.meetingbaas.v1.replies import ListedBot


@dataclass(frozen=True, slots=True)
class AccountBot:
    """One bot at a provider. `raw` is the provider's word for its state, `words` a sentence.

    `meeting` holds no passcode. `is_live` is None where the provider's list does not say. `is_ours`
    is true for bots that a SpeakDesk sent, on whichever computer; `bot_id` is its id there.
    """

    provider_bot_id: str
    name: str
    meeting: str
    raw: str = ""
    words: str = ""
    is_live: bool | None = None
    is_waiting: bool = False
    is_ours: bool = False
    bot_id: str = ""
    created: datetime | None = None
    join_at: datetime | None = None
    ended: datetime | None = None


class AccountBots:
    """Asks providers for all their bots. Every method raises ProviderError and nothing else."""

    def __init__(self, provider: Callable[[str], Awaitable[MeetingProvider]]) -> None:
        self._provider = provider

    async def list(
        self, provider_key: str, *, limit: int = 50, only_live: bool = False
    ) -> tuple[AccountBot, ...]:
        """The newest bots, those that wait for their time first; `only_live` without the ended."""
        provider = await self._provider(provider_key)
        if isinstance(provider, MeetingBaasV2Provider):
            waiting = [_waiting(bot) for bot in await _scheduled(provider)]
            page = await provider.list(limit=min(250, max(1, limit)))
            known = {bot.provider_bot_id for bot in waiting}
            found = [_listed(bot) for bot in page.bots if bot.provider_bot_id not in known]
            return _kept([*waiting, *found], only_live)
        if isinstance(provider, MeetingBaasV1Provider):
            listed = await provider.list(limit=min(50, max(1, limit)))
            return _kept([_listed_v1(bot) for bot in listed.items], only_live)
        raise ProviderError(
            Problem(
                Stage.PROVIDER,
                Reason.UNSUPPORTED,
                f"{provider.name} has no list of bots.",
                "Choose meetingbaas or meetingbaas-v1.",
            )
        )

    async def leave(self, provider_key: str, bot: AccountBot | str) -> None:
        """Tell a bot to leave, or not to come; one that has left already is no error."""
        provider = await self._provider(provider_key)
        bot_id = bot if isinstance(bot, str) else bot.provider_bot_id
        is_waiting = isinstance(bot, AccountBot) and bot.is_waiting
        if is_waiting and isinstance(provider, MeetingBaasV2Provider):
            await provider.cancel_scheduled(bot_id)
        else:
            await provider.leave(bot_id)


async def _scheduled(provider: MeetingBaasV2Provider) -> tuple[ScheduledBot, ...]:
    """Those that wait; a service of one's own may not know scheduled bots at all."""
    try:
        return await provider.scheduled_bots()
    except ProviderError as e:
        if e.problem.reason in (Reason.NOT_FOUND, Reason.BAD_INPUT):
            return ()
        raise


def _kept(bots: list[AccountBot], only_live: bool) -> tuple[AccountBot, ...]:
    return tuple(bot for bot in bots if not only_live or bot.is_live is not False)


def _listed(bot: BotDetails) -> AccountBot:
    state = bot.status.state
    return AccountBot(
        bot.provider_bot_id,
        bot.bot_name,
        _place(bot.meeting_url, bot.platform),
        raw=bot.status.raw,
        words=bot.status.sentence,
        is_live=not (state is not None and state.is_final) and bot.exited is None,
        is_ours=_is_ours(bot.extra),
        bot_id=str(bot.extra.get(OUR_MARK, "")),
        created=bot.created,
        ended=bot.exited if state in (BotState.ENDED, BotState.FAILED) else None,
    )


def _waiting(bot: ScheduledBot) -> AccountBot:
    return AccountBot(
        bot.provider_bot_id,
        bot.bot_name,
        _place(bot.meeting_url, bot.platform),
        raw=bot.status,
        words="The bot waits for its time.",
        is_live=True,
        is_waiting=True,
        is_ours=bot.is_from_speakdesk,
        created=bot.created,
        join_at=bot.join_at,
    )


def _listed_v1(bot: ListedBot) -> AccountBot:
    is_over = bot.ended is not None
    return AccountBot(
        bot.provider_bot_id,
        bot.bot_name,
        _place(bot.meeting_url),
        raw="ended" if is_over else "",
        words="The call ended." if is_over else "MeetingBaas v1 does not say how it is doing.",
        is_live=False if is_over else None,
        is_ours=_is_ours(bot.extra),
        bot_id=str(bot.extra.get(OUR_MARK, "")),
        created=bot.created,
        ended=bot.ended,
    )


def _is_ours(extra: Mapping[str, Any]) -> bool:
    return OUR_MARK in extra or MARK in extra


def _place(url: str, platform: str = "") -> str:
    """Where it is, without a passcode."""
    if not url:
        return platform
    try:
        return parse_link(url).display
    except LinkError:
        pass
    try:
        return urlsplit(url).hostname or platform
    except ValueError:
        return platform
