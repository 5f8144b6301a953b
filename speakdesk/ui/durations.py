"""Times a person types: minutes by default, seconds and hours where the unit is written."""

from __future__ import annotations

import re

_UNITS_S = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
}
_TYPED = re.compile(r"^(\d+(?:[.,]\d+)?)\s*([a-z]*)\.?$")


def parse_duration(text: str) -> int:
    """Whole seconds of "10", "2.5 min", "90 s", "1 h". Raises ValueError with a sentence."""
    found = _TYPED.match(text.strip().lower())
    unit = found.group(2) if found is not None else ""
    unit_s = _UNITS_S.get(unit.removesuffix("s") or unit or "min")
    if found is None or unit_s is None:
        raise ValueError("Write minutes, such as 10, or 90 s.")
    return round(float(found.group(1).replace(",", ".")) * unit_s)


def duration_text(seconds: int) -> str:
    """`10 min`, `90 s`, `2 h`: what `parse_duration` reads again."""
    if seconds and seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def range_words(low_s: int, high_s: int, between: str = " to ") -> str:
    """`2 to 30 min`, `5 min to 1 h`."""
    low, high = duration_text(low_s), duration_text(high_s)
    if low.split()[1] == high.split()[1]:
        low = low.split()[0]
    return f"{low}{between}{high}"
