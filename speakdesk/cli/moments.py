"""A moment as a person writes it: `2026-11-20T15:30`, `15:30`, `in 10 min`, `tomorrow 9:00`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_IN = re.compile(r"^(?:in\s+|\+)(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?)$", re.IGNORECASE)
_CLOCK = re.compile(r"^(?:(today|tomorrow)\s+)?(\d{1,2}):(\d{2})(?:\s*(am|pm))?$", re.IGNORECASE)
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment meant, in UTC; a time of day is the next one on this computer's clock.

    A date without a zone is this computer's. Raises ValueError with a sentence.
    """
    words = " ".join(text.split())
    if found := _IN.match(words):
        return now.astimezone(UTC) + timedelta(
            seconds=int(found[1]) * _SECONDS[found[2][0].lower()]
        )
    if found := _CLOCK.match(words):
        return _next_clock(found, now)
    try:
        at = datetime.fromisoformat(words.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(
            f"{text!r} is no time. Write 2026-11-20T15:30, 15:30, tomorrow 9:00 or in 10 min."
        ) from None
    return at.astimezone(UTC)


def _next_clock(found: re.Match[str], now: datetime) -> datetime:
    hour, minute = int(found[2]), int(found[3])
    half = (found[4] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    local = now.astimezone()
    try:
        at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise ValueError(f"{found[0]!r} is no time of day.") from None
    day = (found[1] or "").lower()
    if day == "tomorrow" or (not day and at <= local):
        at += timedelta(days=1)
    return at.replace(tzinfo=None).astimezone(UTC)
