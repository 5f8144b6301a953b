"""Qt's own messages in our log."""

from __future__ import annotations

from loguru import logger
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: "DEBUG",
    QtMsgType.QtInfoMsg: "DEBUG",
    QtMsgType.QtWarningMsg: "WARNING",
    QtMsgType.QtCriticalMsg: "ERROR",
    QtMsgType.QtFatalMsg: "CRITICAL",
}
_HARMLESS = ("qt.multimedia.symbolsresolver", "qt.multimedia.ffmpeg")


_last = [""]


def route_qt_messages() -> None:
    """Send what Qt says to the log; missing media plug-ins are no warning.

    Of the same message many times in a row only the first is kept.
    """
    qInstallMessageHandler(_on_message)


def stop_routing() -> None:
    """Give Qt its own output back."""
    qInstallMessageHandler(None)


def _on_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if message == _last[0]:
        return
    _last[0] = message
    category = str(context.category or "qt")
    is_harmless = category in _HARMLESS or message.startswith("PulseAudioService")
    level = "DEBUG" if is_harmless else _LEVELS.get(kind, "WARNING")
    logger.log(level, "{}: {}", category, message)
