"""The log: readable, rotated, without secrets and without what people say.

Three sinks at most: standard error, a file, and the event stream. Each line passes the redaction
(`store.redaction`). Tracebacks are plain, never with the values of variables. Pipecat writes
transcripts and prompts at its debug level, so nothing of it below a warning is let through, and
what its warnings quote is cut out.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from speakdesk.domain.events import LogLine
from speakdesk.store.redaction import KNOWN_SECRETS

if TYPE_CHECKING:
    from loguru import Message, Record

LEVELS = ("debug", "info", "warning", "error")

_WARNING = 30
_QUOTED = re.compile(r"\[.*\]", re.DOTALL)
_CONTENT = re.compile(r"\b(message|arguments|text|content|transcript)\b(?:: |=).*", re.DOTALL)


class _Intercept(logging.Handler):
    """Hands what other libraries write through `logging` to our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        level: str | int = record.levelno
        if record.levelname in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            level = record.levelname

        def rename(r: Record) -> None:
            r["name"] = record.name

        logger.patch(rename).opt(exception=record.exc_info).log(level, "{}", record.getMessage())


def configure_logs(
    level: str = "info",
    *,
    to_stderr: bool = True,
    stderr_level: str = "",
    file: Path | None = None,
    emit: Callable[[LogLine], None] | None = None,
) -> None:
    """Set up the whole process's log; a second call replaces the first.

    `level` is one of `LEVELS`. Standard error is skipped where there is none (a windowed
    program), and tells from `stderr_level` on where one is given. `file` is rotated at 5 MB, five
    old ones are kept. `emit` gets each line as an event,
    on the thread that logged it. Raises ValueError for an unknown level; a log file that cannot be
    opened is reported in the log itself.
    """
    if level.lower() not in LEVELS:
        raise ValueError(f"the log level is one of {', '.join(LEVELS)}, not {level!r}")
    name = level.upper()
    options: dict[str, Any] = {"level": name, "filter": _is_wanted, "diagnose": False}
    logger.remove()
    if to_stderr and sys.stderr is not None:
        own = {**options, "level": (stderr_level or level).upper()}
        logger.add(_write_to_stderr, format=_line, colorize=False, **own)
    if emit is not None:
        logger.add(_event_sink(emit), format=_text, **options)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            logger.add(
                file, format=_line, encoding="utf-8", rotation="5 MB", retention=5, **options
            )
        except OSError as e:
            logger.warning("The log file {} cannot be written: {}", file, e.strerror or e)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)
    # Libraries lower these by themselves; below a warning they print addresses and payloads.
    for chatty in ("httpx", "httpcore", "websockets", "openai", "deepgram", "uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _is_wanted(record: Record) -> bool:
    return record["level"].no >= _WARNING or not _is_pipecat(record)


def _is_pipecat(record: Record) -> bool:
    name = record["name"] or ""
    return name == "pipecat" or name.startswith("pipecat.")


def _safe_text(record: Record) -> str:
    text = record["message"]
    if _is_pipecat(record):
        text = _CONTENT.sub(r"\1: …", _QUOTED.sub("[…]", text))
    error = record["exception"]
    if error is not None and error.value is not None:
        if _is_pipecat(record):
            text = f"{text}\n{type(error.value).__name__}"
        else:
            trace = traceback.format_exception(error.type, error.value, error.traceback)
            text = f"{text}\n{''.join(trace).rstrip()}"
    return KNOWN_SECRETS.redact(text)


def _text(record: Record) -> str:
    record["extra"]["safe_text"] = _safe_text(record)
    return "{extra[safe_text]}"


def _line(record: Record) -> str:
    record["extra"]["safe_text"] = _safe_text(record)
    return "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {name}: {extra[safe_text]}\n"


def _write_to_stderr(message: Message) -> None:
    # Looked up anew for each line: a test or a terminal wrapper may have replaced it.
    if sys.stderr is not None:
        sys.stderr.write(message)


def _event_sink(emit: Callable[[LogLine], None]) -> Callable[[Message], None]:
    def write(message: Message) -> None:
        record = message.record
        number = record["level"].no
        level = LEVELS[0 if number < 20 else 1 if number < 30 else 2 if number < 40 else 3]
        emit(
            LogLine(
                at=record["time"],
                bot_id=str(record["extra"].get("bot_id", "")),
                level=level,
                source=record["name"] or "",
                text=str(message),
            )
        )

    return write
