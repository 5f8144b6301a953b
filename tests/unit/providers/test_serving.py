"""Serving on this computer: a port is had by one, and nothing is left of a start that failed."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import uvicorn

from speakdesk.providers.serving import LocalServer, bind

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def _hello(scope: dict[str, Any], receive: object, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def _configuration() -> uvicorn.Config:
    return uvicorn.Config(_hello, log_config=None, lifespan="off", loop="none", ws="none")


def test_a_port_belongs_to_one() -> None:
    first = bind("127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", first.getsockname()[1])
    finally:
        first.close()


async def test_serves_until_it_is_closed_and_leaves_the_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    bound = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = LocalServer("hello")
    await server.open(bound, _configuration)
    assert signal.getsignal(signal.SIGINT) is before
    async with httpx.AsyncClient() as http:
        assert (await http.get(address)).text == "hello"
        await server.close()
        await server.close()
        assert not server.is_open
        with pytest.raises(httpx.ConnectError):
            await http.get(address)


async def test_a_start_that_fails_gives_the_port_back() -> None:
    def fail() -> uvicorn.Config:
        raise OSError("no room")

    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    server = LocalServer("hello")
    with pytest.raises(OSError, match="no room"):
        await server.open(bound, fail)
    bind("127.0.0.1", port).close()


async def test_a_start_that_is_given_up_leaves_nothing_running() -> None:
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    server = LocalServer("hello")
    opening = asyncio.create_task(server.open(bound, _configuration))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not server.is_open
    again = bind("127.0.0.1", port)
    assert isinstance(again, socket.socket)
    again.close()
