"""Blocking calls beside the loop, in threads that never hold up the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_daemon_thread(function: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Run `function` in a daemon thread of its own; the future holds what it returns or raises.

    A call that may block for good must not sit in the loop's executor: the interpreter waits for
    those threads when it ends. Giving the future up leaves the thread running, result unheard.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    future.add_done_callback(_mark_heard)

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = function()
        except BaseException as e:  # noqa: BLE001 - handed over to whoever awaits the future
            error = e
        call_in_loop(loop, deliver, result, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def call_in_loop(
    loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *values: object
) -> None:
    """Call `callback` on the loop's thread, from any thread; a closed loop hears nothing."""
    try:
        loop.call_soon_threadsafe(callback, *values)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _mark_heard(future: asyncio.Future[T]) -> None:
    if not future.cancelled():
        future.exception()
