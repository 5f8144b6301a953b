"""Fields of somebody else's JSON: what is missing or odd reads as empty and never raises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from speakdesk.domain.clock import from_iso

_MILLISECONDS_FROM = 1e11
_NOTHING: Mapping[str, Any] = {}


def text(value: Any) -> str:
    """The text, or empty."""
    return value if isinstance(value, str) else ""


def word(value: Any) -> str:
    """A text or a number as text (an id may be either), or empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def number(value: Any) -> float | None:
    """A finite number, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def items(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(v for v in value if isinstance(v, str) and v) if isinstance(value, list) else ()


def moment(value: Any) -> datetime | None:
    """A moment: ISO 8601 (without a zone it is UTC), or Unix seconds or milliseconds."""
    if isinstance(value, str):
        try:
            return from_iso(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    seconds = number(value)
    if seconds is None:
        return None
    if abs(seconds) > _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
