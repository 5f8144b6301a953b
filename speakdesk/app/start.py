"""What every face does first: the log, into the file, the event stream and the terminal."""

from __future__ import annotations

from speakdesk.app.desk import Desk
from speakdesk.logs import configure_logs


def open_logs(desk: Desk, to_stderr: str = "WARNING") -> None:
    """Send the log to its file and to the bus; from `to_stderr` on also to the terminal.

    Before the settings are read everything from `info` on is kept.
    """
    configure_logs(
        desk.settings.current.log_level,
        stderr_level=to_stderr,
        file=desk.paths.log_file,
        emit=desk.bus.publish_from_thread,
    )
