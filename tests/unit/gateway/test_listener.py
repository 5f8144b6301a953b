"""The listener lets in who knows the secret, and nobody else."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speakdesk.domain.errors import GatewayError
from speakdesk.gateway import listener as module
from speakdesk.gateway.door import Door
from speakdesk.gateway.flow import Flow
from speakdesk.gateway.listener import MAX_MESSAGE_BYTES, POLICY_VIOLATION, Listener
from speakdesk.providers.wire import MeetingSocket, SocketClosed

HAS_PROC = Path("/proc/self").exists()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener(Door(), port=0)
    await listener.open()
    yield listener
    await listener.close()


async def echo(carried: MeetingSocket) -> None:
    try:
        while True:
            await carried.send(await carried.receive())
    except SocketClosed:
        return


async def test_the_right_secret_reaches_its_bot(listener: Listener) -> None:
    path = listener.door.open("b1", echo)
    async with connect(listener.websocket_base + path) as client:
        await client.send(b"\x01\x02")
        assert await client.recv() == b"\x01\x02"
        await client.send("text")
        assert await client.recv() == "text"


@pytest.mark.parametrize("path", ["/ws/b1/wrong", "/ws/nobody/wrong"])
async def test_a_wrong_secret_is_closed_at_once_and_counted(listener: Listener, path: str) -> None:
    listener.door.open("b1", echo)
    async with connect(listener.websocket_base + path) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == POLICY_VIOLATION
    assert listener.door.refused == 1


async def test_a_closed_door_no_longer_knows_the_bot(listener: Listener) -> None:
    path = listener.door.open("b1", echo)
    listener.door.close("b1")
    async with connect(listener.websocket_base + path) as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()


async def test_a_message_that_is_too_large_ends_only_its_own_socket(listener: Listener) -> None:
    path = listener.door.open("b1", echo)
    async with connect(listener.websocket_base + path) as healthy:
        async with connect(listener.websocket_base + path) as greedy:
            await greedy.send(b"\0" * (MAX_MESSAGE_BYTES + 1))
            with pytest.raises(ConnectionClosed):
                await greedy.recv()
        await healthy.send(b"\x01\x02")
        assert await healthy.recv() == b"\x01\x02"


async def test_the_peer_going_away_is_a_closed_socket(listener: Listener) -> None:
    ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def wait(carried: MeetingSocket) -> None:
        try:
            await carried.receive()
        except SocketClosed as e:
            ended.set_result(e.code)

    path = listener.door.open("b1", wait)
    async with connect(listener.websocket_base + path):
        pass
    assert await asyncio.wait_for(ended, 5) == 1000


async def test_a_taken_port_is_said_and_the_next_one_used() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        listener = Listener(Door(), port=port)
        await listener.open()
        try:
            assert listener.port != port
            assert listener.taken[0] == port
            assert f"Port {port} is taken by" in listener.taken_sentence
            assert f"listens on {listener.port}" in listener.taken_sentence
            if HAS_PROC:
                assert listener.taken_by[port].pid == os.getpid()
        finally:
            await listener.close()


async def test_no_free_port_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORTS_TO_TRY", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(GatewayError, match="cannot listen on port"):
            await Listener(Door(), port=taken.getsockname()[1]).open()


async def test_closing_ends_open_sockets_and_can_be_repeated(listener: Listener) -> None:
    path = listener.door.open("b1", echo)
    async with connect(listener.websocket_base + path) as client:
        await listener.close()
        await listener.close()
        with pytest.raises(ConnectionClosed):
            await client.recv()
    assert not listener.is_open


async def test_only_an_open_question_is_answered(listener: Listener) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as http:
        with listener.probes.expect() as probe:
            answered = await http.get(probe.path)
            assert (answered.status_code, answered.text) == (200, probe.answer)
            assert probe.answer not in probe.path
            assert (await http.get("/probe/else")).status_code == 404
            assert (await http.post(probe.path)).status_code == 405
        assert (await http.get(probe.path)).status_code == 404
        for path in ("/", "/docs", "/openapi.json", "/probe/", "/ws/b1/x"):
            assert (await http.get(path)).status_code == 404


async def test_a_flood_ends_its_own_socket_only(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Flow", lambda: Flow(messages_per_s=1, messages_at_once=20))
    ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def listen(carried: MeetingSocket) -> None:
        try:
            while True:
                await carried.receive()
        except SocketClosed as e:
            if not ended.done():
                ended.set_result(e.code)

    path = listener.door.open("b1", echo)
    flooded = listener.door.open("b2", listen)
    async with connect(listener.websocket_base + path) as healthy:
        async with connect(listener.websocket_base + flooded) as greedy:
            for _ in range(21):
                await greedy.send(b"\x01\x02")
            with pytest.raises(ConnectionClosed) as closed:
                await greedy.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == POLICY_VIOLATION
        assert await ended == POLICY_VIOLATION
        await healthy.send("still here")
        assert await healthy.recv() == "still here"


async def test_a_peer_that_reads_no_more_cannot_hold_up_a_close(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_PATIENCE_S", 0.05)
    closed = asyncio.Event()

    async def pour(carried: MeetingSocket) -> None:
        try:
            async with asyncio.timeout(1):
                while True:
                    await carried.send(bytes(1 << 20))
        except TimeoutError:
            async with asyncio.timeout(1):
                await carried.close()
            closed.set()

    path = listener.door.open("b1", pour)
    reader, writer = await asyncio.open_connection(listener.host, listener.port, limit=1024)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await closed.wait()
    writer.transport.abort()


def test_a_secret_never_repeats() -> None:
    door = Door()
    assert len({door.open("b1", echo) for _ in range(50)}) == 50
