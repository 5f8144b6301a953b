"""The window as a program: paint first, import the rest after (design §12)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from speakdesk.app.first_look import FirstLook, first_look
from speakdesk.ui.shell import Shell
from speakdesk.ui.tokens import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from speakdesk.ui.desk_port import DeskPort

_PAINT_PATIENCE_MS = 2000


def main(argv: Sequence[str] | None = None, make_desk: Callable[[], DeskPort] | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit status.

    `make_desk` replaces the real Desk; the look then comes from the system, not from a file.
    """
    arguments = list(sys.argv if argv is None else argv) or ["speakdesk"]
    app = QApplication(arguments[:1])
    app.setApplicationName("SpeakDesk")
    app.setApplicationDisplayName("SpeakDesk")
    app.setDesktopFileName("speakdesk")
    app.setQuitOnLastWindowClosed(False)
    first = first_look() if make_desk is None else FirstLook()
    shell = Shell(first_theme(app, first.theme))
    shell.restore_geometry_text(first.window)
    paint(shell)

    from speakdesk.ui.session import run

    return run(app, shell, first.theme, make_desk)


def first_theme(app: QApplication, choice: str) -> Theme:
    """The appearance to paint first; the system's is told by its palette."""
    is_dark = choice == "dark"
    if choice == "system":
        is_dark = app.palette().window().color().lightness() < 128
    return DARK if is_dark else LIGHT


def paint(window: Shell) -> None:
    """Show the window and return once it is on screen (or cannot be, being minimised).

    This runs before there is an asyncio loop, so no coroutine can be inside it.
    """
    loop = QEventLoop()
    window.painted.connect(loop.quit)
    patience = QTimer(singleShot=True, interval=_PAINT_PATIENCE_MS)
    patience.timeout.connect(loop.quit)
    patience.start()
    window.show()
    loop.exec()
    patience.stop()
    window.painted.disconnect(loop.quit)


if __name__ == "__main__":
    sys.exit(main())
