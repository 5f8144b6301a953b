"""A bot that may have been made although its answer was lost: looked for, never made twice."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.providers.meetingbaas import reading
from speakdesk.providers.meetingbaas.errors import Refusal
from speakdesk.providers.meetingbaas.http import Conversation

MARK = "speakdesk_request"
_LOOK_AGAIN_S = 1.0
_NEVER_ARRIVED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def marked(body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The body with a mark in its `extra` by which the bot can be found again, and the mark."""
    mark = uuid.uuid4().hex
    return {**body, "extra": {**reading.mapping(body.get("extra")), MARK: mark}}, mark


def filter_of(mark: str) -> str:
    """The mark as the lists' `extra` filters want it (§2.2, v1 §1.1)."""
    return f"{MARK}:{mark}"


def has_mark(item: Mapping[str, Any], mark: str) -> bool:
    """True where a listed bot carries the mark; a service may ignore the filter."""
    return reading.mapping(item.get("extra")).get(MARK) == mark


def may_have_happened(error: ProviderError) -> bool:
    """True where the request may have been carried out although it looks like a failure."""
    if isinstance(error, Refusal):
        return error.http_status >= 500
    if isinstance(error.__cause__, _NEVER_ARRIVED):
        return False
    return error.problem.reason in (Reason.TIMEOUT, Reason.CONNECTIVITY, Reason.PROTOCOL)


async def found_or_raise(
    error: ProviderError, look: Callable[[], Awaitable[str]], v: Conversation
) -> str:
    """The id of the bot that was made after all. Raises `error` with what is known otherwise.

    `look` returns an id or an empty text. It is asked twice, a second apart, because a lost
    answer may be ahead of the bot it stands for.
    """
    if not may_have_happened(error):
        raise error
    for wait_s in (0.0, _LOOK_AGAIN_S):
        if wait_s:
            await v.pause(wait_s)
        try:
            bot_id = await look()
        except ProviderError:
            step = f"Look in the {v.who} dashboard for a bot on its way before you launch again."
            raise ProviderError(replace(error.problem, next_step=step)) from error
        if bot_id:
            return bot_id
    step = "No bot came of it; launch again."
    raise ProviderError(replace(error.problem, next_step=step)) from error
