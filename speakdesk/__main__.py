"""Chooses a face: the window without arguments, the terminal with them."""

from __future__ import annotations

import sys


def main() -> int:
    """Start SpeakDesk; returns the exit status."""
    arguments = sys.argv[1:]
    if arguments:
        from speakdesk.cli.main import main as terminal

        return terminal(arguments)
    from speakdesk.cli.display import why_no_window

    reason = why_no_window()
    if reason:
        print(reason, file=sys.stderr, flush=True)
        from speakdesk.cli.main import main as terminal

        return terminal(["practice", "--chat"])
    from speakdesk.ui.main import main as window

    return window(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
