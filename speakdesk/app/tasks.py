"""The one place that starts a background task: held, named, its errors reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from loguru import logger

T = TypeVar("T")

_held: set[asyncio.Task[Any]] = set()


def spawn(
    coro: Coroutine[Any, Any, T],
    name: str,
    on_error: Callable[[BaseException], None] | None = None,
) -> asyncio.Task[T]:
    """Run `coro` beside the caller.

    The task is kept alive until it ends. What it raises goes to `on_error`, or to the log where
    there is none; cancelling it is no error.
    """
    task = asyncio.get_running_loop().create_task(coro, name=name)
    _held.add(task)

    def _on_done(done: asyncio.Task[T]) -> None:
        _held.discard(done)
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            return
        if on_error is not None:
            on_error(error)
        else:
            logger.opt(exception=error).error("task {} failed", name)

    task.add_done_callback(_on_done)
    return task


def held() -> frozenset[asyncio.Task[Any]]:
    """The tasks that run now; tests use it to find leaks."""
    return frozenset(_held)
