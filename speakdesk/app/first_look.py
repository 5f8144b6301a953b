"""The two settings a window needs before it is painted, read without loading anything heavy."""

from __future__ import annotations

import json
from dataclasses import dataclass

from speakdesk.store.paths import Paths


@dataclass(frozen=True, slots=True)
class FirstLook:
    """`theme` is system, light or dark; `window` the size and place as Qt wrote it."""

    theme: str = "system"
    window: str = ""


def first_look(paths: Paths | None = None) -> FirstLook:
    """What the settings file says; the defaults where it is missing or damaged."""
    try:
        data = json.loads((paths or Paths.find()).settings_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return FirstLook()
    if not isinstance(data, dict):
        return FirstLook()
    theme, window = data.get("theme"), data.get("window")
    return FirstLook(
        theme if theme in ("light", "dark") else "system", window if isinstance(window, str) else ""
    )
