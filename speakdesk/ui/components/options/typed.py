"""What can be wrong with a value a person typed, as a sentence to stand beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from speakdesk.domain.join import TIMEOUT_RANGES_S
from speakdesk.ui.durations import parse_duration, range_words

LONGEST_NAME = 255
LONGEST_MESSAGE = 500


def name_problem(text: str) -> str:
    """A bot's name has a longest length."""
    over = len(text) - LONGEST_NAME
    return f"{over} characters too long; {LONGEST_NAME} at most." if over > 0 else ""


def message_problem(text: str) -> str:
    """A chat message has a longest length."""
    over = len(text) - LONGEST_MESSAGE
    return f"{over} characters too long; {LONGEST_MESSAGE} at most." if over > 0 else ""


def address_problem(text: str, schemes: tuple[str, ...] = ("https",)) -> str:
    """An address the provider can reach: one of these schemes and a host."""
    starts = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return f"This is no address. It starts with {starts}."
    if parts.scheme.lower() not in schemes or not host or any(c.isspace() for c in text):
        return f"An address starts with {starts}."
    if host in ("localhost", "127.0.0.1", "::1"):
        return "The provider cannot reach this computer by that name."
    return ""


def socket_address_problem(text: str) -> str:
    """A public address of this desk."""
    return address_problem(text, ("wss", "https"))


def timeout_problem(name: str, text: str) -> str:
    """A time of `LeaveTimeouts`, in the range every provider takes."""
    return duration_problem(text, *TIMEOUT_RANGES_S[name])


def duration_problem(text: str, low_s: int, high_s: int) -> str:
    """A time between two others."""
    try:
        seconds = parse_duration(text)
    except ValueError as e:
        return str(e)
    return "" if low_s <= seconds <= high_s else f"Between {range_words(low_s, high_s, ' and ')}."


def parse_extra(text: str) -> Mapping[str, Any]:
    """A JSON object; nothing typed is an empty one. Raises ValueError with a sentence."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as e:
        where = f"line {e.lineno}, column {e.colno}"
        raise ValueError(f"Not JSON at {where}: {e.msg}.") from None
    except RecursionError:
        raise ValueError("That is nested too deeply.") from None
    if not isinstance(found, dict):
        raise ValueError('An object is needed, such as {"team": "sales"}.')
    return found


def extra_problem(text: str) -> str:
    """What `parse_extra` would say."""
    try:
        parse_extra(text)
    except ValueError as e:
        return str(e)
    return ""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value.")
