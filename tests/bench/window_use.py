"""A person busy with the window while bots talk; nothing where a subject has no window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.subject import Subject

WAYS = ("resize", "scroll", "dialogs")


@asynccontextmanager
async def window_in_use(subject: Subject, way: str = "resize") -> AsyncIterator[None]:
    """Keep the subject's window busy in one of `WAYS` as long as the block runs."""
    if not subject.name.endswith("+window"):
        yield
        return
    await subject.process.command("use_window", way=way)
    try:
        yield
    finally:
        await subject.process.command("leave_window")
