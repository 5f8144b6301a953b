"""Places in a recording as a person writes them: `12.5`, `1:02.5`, `1:02:03`, `12-15.5`."""

from __future__ import annotations

import re

import typer

_PLACE = re.compile(r"^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,7}(?:\.\d{1,6})?)$")


def parse_seconds(text: str, option: str) -> float:
    """Seconds since the beginning. Raises typer.BadParameter."""
    found = _PLACE.match(text.strip().removesuffix("s").strip())
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is no place in a recording; write 12.5 or 1:02.5", param_hint=option
        )
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3])


def parse_span(text: str, option: str) -> tuple[float, float]:
    """Two places with a hyphen between them. Raises typer.BadParameter."""
    first, hyphen, last = text.partition("-")
    if not hyphen:
        raise typer.BadParameter(f"{text!r} is no span; write 12-15.5", param_hint=option)
    since_s, until_s = parse_seconds(first, option), parse_seconds(last, option)
    if until_s <= since_s:
        raise typer.BadParameter(f"{text!r} ends before it begins", param_hint=option)
    return since_s, until_s


def clock(seconds: float) -> str:
    """1:02.5, and 1:01:02.5 from an hour on."""
    minutes, tenths = divmod(round(max(0.0, seconds) * 10), 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths / 10:04.1f}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"
