"""What MeetingBaas v2 answers, as values (contracts/meetingbaas.md §2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from speakdesk.providers.base import ProviderStatus
from speakdesk.providers.meetingbaas.statuses import read_moment, read_status


@dataclass(frozen=True, slots=True)
class BotDetails:
    """One bot as the provider keeps it; the list gives the same without participants.

    `tokens` is what it cost in all, None until known.
    """

    provider_bot_id: str
    bot_name: str
    status: ProviderStatus
    created: datetime | None = None
    joined: datetime | None = None
    exited: datetime | None = None
    duration_s: float | None = None
    participants: tuple[str, ...] = ()
    error_code: str = ""
    tokens: float | None = None


@dataclass(frozen=True, slots=True)
class BotPage:
    """A page of bots, newest first; `cursor` asks for the next, empty at the end."""

    bots: tuple[BotDetails, ...]
    cursor: str = ""


def read_details(data: Mapping[str, Any]) -> BotDetails:
    """The bot a details or list item describes; missing and odd fields are left empty."""
    people = data.get("participants")
    names = [
        str(person.get("display_name") or person.get("name") or "")
        for person in (people if isinstance(people, list) else [])
        if isinstance(person, dict)
    ]
    tokens = data.get("tokens")
    return BotDetails(
        provider_bot_id=str(data.get("bot_id") or ""),
        bot_name=str(data.get("bot_name") or ""),
        status=read_status(data),
        created=read_moment(data.get("created_at")),
        joined=read_moment(data.get("joined_at")),
        exited=read_moment(data.get("exited_at") or data.get("ended_at")),
        duration_s=_number(data.get("duration_seconds", data.get("duration"))),
        participants=tuple(name for name in names if name),
        error_code=str(data.get("error_code") or ""),
        tokens=_number(tokens.get("total")) if isinstance(tokens, dict) else None,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
