"""The two settings a window needs before it is painted, read without loading anything heavy."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple


class FirstLook(NamedTuple):
    """`theme` is system, light or dark; `window` the size and place as Qt wrote it."""

    theme: str = "system"
    window: str = ""


def first_look(environ: Mapping[str, str] = os.environ) -> FirstLook:
    """What the settings file says; the defaults where it is missing or damaged."""
    try:
        with open(settings_file(environ), encoding="utf-8-sig") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError):
        return FirstLook()
    if not isinstance(data, dict):
        return FirstLook()
    theme, window = data.get("theme"), data.get("window")
    return FirstLook(
        theme if theme in ("light", "dark") else "system", window if isinstance(window, str) else ""
    )


def settings_file(environ: Mapping[str, str] = os.environ) -> str:
    """The same file as `store.paths.Paths.settings_file`.

    On Linux it is named here, because loading `platformdirs` takes 10 ms before the first painting.
    """
    home = environ.get("SPEAKDESK_HOME", "").strip()
    if home:
        folder = os.path.join(os.path.abspath(os.path.expanduser(home)), "config")
    elif sys.platform.startswith("linux"):
        config = environ.get("XDG_CONFIG_HOME", "").strip() or os.path.expanduser("~/.config")
        folder = os.path.join(config, "SpeakDesk")
    else:
        from speakdesk.store.paths import Paths

        return str(Paths.find(environ).settings_file)
    return os.path.join(folder, "settings.json")
