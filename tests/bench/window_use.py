"""A person busy with the window while bots talk; nothing where a subject has no window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.subject import Subject

WAYS = ("resize", "scroll", "dialogs")


@asynccontextmanager
async def window_in_use(subject: Subject, way: str = "resize") -> AsyncIterator[list[str]]:
    """Keep the subject's window busy in one of `WAYS` as long as the block runs.

    The list it yields names, once the block is left, the dialogs that were opened.
    """
    dialogs: list[str] = []
    if not subject.name.endswith("+window"):
        yield dialogs
        return
    await subject.process.command("use_window", way=way)
    try:
        yield dialogs
    finally:
        dialogs += await subject.process.command("leave_window")
