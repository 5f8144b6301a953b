"""What a MeetingBaas key is worth, found out without making anything (§2.1 of the contract).

A Full Access key may read; a Sending key may only create, and is told from a wrong one by asking
for a bot without name and meeting, which no service can make: a known key gets "not valid" (400),
an unknown one is turned away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.providers.base import KeyCheck, KeyVerdict
from speakdesk.providers.meetingbaas.errors import Refusal

_NOT_VALID = frozenset({400, 422})


async def check_key(
    who: str, read: Callable[[], Awaitable[Any]], send_nothing: Callable[[], Awaitable[Any]]
) -> KeyCheck:
    """The verdict. `read` asks for a list, `send_nothing` for a bot that cannot be made."""
    try:
        await read()
    except ProviderError as e:
        if e.problem.reason is not Reason.AUTHENTICATION:
            return KeyCheck(
                KeyVerdict.UNKNOWN,
                f"The {who} key could not be checked: {e.problem.sentence}",
                e.problem,
            )
        # A wrong key gets 401 (or 403), a Sending key 403: only the second leaves a doubt.
        if isinstance(e, Refusal) and e.http_status == 403:
            return await _which_refusal(who, e, send_nothing)
        return _refused(who, e)
    return KeyCheck(KeyVerdict.FULL, f"{who} accepts this key for everything.")


async def _which_refusal(
    who: str, error: ProviderError, send_nothing: Callable[[], Awaitable[Any]]
) -> KeyCheck:
    try:
        await send_nothing()
    except ProviderError as e:
        if isinstance(e, Refusal) and e.http_status in (401, 403):
            return _refused(who, e)
        if not isinstance(e, Refusal) or e.http_status not in _NOT_VALID:
            return KeyCheck(
                KeyVerdict.SENDING_ONLY,
                f"This {who} key may not read bots: it is a Sending key, or it is wrong. "
                "With a Sending key a bot can be sent, but not followed and not told to leave.",
                error.problem,
            )
    return KeyCheck(
        KeyVerdict.SENDING_ONLY,
        f"This is a {who} Sending key: with it a bot can be sent, but not followed and not told "
        "to leave. Use a Full Access key.",
        error.problem,
    )


def _refused(who: str, error: ProviderError) -> KeyCheck:
    return KeyCheck(KeyVerdict.REFUSED, f"{who} does not accept this key.", error.problem)
