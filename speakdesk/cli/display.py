"""Is there a screen for a window? Asked before Qt is touched: without one, Qt aborts."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec


def why_no_window(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """One line that says why no window can open, or an empty string where one can."""
    instead = "so the practice meeting runs in this terminal."
    if find_spec("PySide6") is None:
        return f"PySide6 is not installed, {instead}"
    if platform in ("darwin", "win32", "cygwin"):
        return ""
    if environment.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return ""
    if environment.get("WAYLAND_DISPLAY"):
        return ""
    display = environment.get("DISPLAY", "")
    if not display:
        return f"There is no display here, {instead}"
    if not _x_answers(display):
        return f"The display {display} does not answer, {instead}"
    return ""


def _x_answers(display: str) -> bool:
    host, _, rest = display.partition(":")
    number = rest.partition(".")[0]
    if not number.isdigit():
        return False
    try:
        if host in ("", "unix"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(1)
                path = f"/tmp/.X11-unix/X{number}"
                try:
                    probe.connect(path)
                except OSError:
                    probe.connect(f"\0{path}")
        else:
            with socket.create_connection((host, 6000 + int(number)), timeout=1):
                pass
    except OSError:
        return False
    return True
