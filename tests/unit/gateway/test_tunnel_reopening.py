"""A tunnel that is lost is noticed, told, and opened again for as long as that can help."""

from __future__ import annotations

import asyncio
import socket

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speakdesk.domain.errors import GatewayError, Reason
from speakdesk.gateway.tunnel import Phase
from speakdesk.providers.wire import MeetingSocket, SocketClosed
from tests.unit.gateway.conftest import MUTE, Desk


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_dying_agent_is_noticed_and_replaced_under_a_new_name(desk: Desk) -> None:
    tunnel = desk.tunnel()
    first = await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="die")
    await desk.until(lambda: "lost" in desk.states)
    desk.agent.set(fault="")
    await desk.until(lambda: bool(desk.reopened))
    problem, gone = desk.lost[0]
    assert (problem.reason, gone) == (Reason.CRASHED, first)
    back = desk.reopened[0]
    assert (back.previous_url, back.public_url) == (first, tunnel.public_url)
    assert not back.is_same_name
    assert len(desk.lost) == 1


async def test_an_agent_that_drops_after_a_while_is_replaced(desk: Desk) -> None:
    desk.agent.set(drop_after_s=0.3)
    await desk.tunnel().acquire(desk.listener.port)
    desk.agent.set(drop_after_s=0)
    await desk.until(lambda: bool(desk.reopened))


async def test_a_name_that_stays_is_told_so_and_bots_come_back(desk: Desk) -> None:
    arrived: asyncio.Queue[MeetingSocket] = asyncio.Queue()

    async def carry(carried: MeetingSocket) -> None:
        await arrived.put(carried)
        try:
            while True:
                await carried.receive()
        except SocketClosed:
            return

    desk.agent.set(port=free_port())
    tunnel = desk.tunnel()
    path = desk.listener.door.open("b1", carry)
    await tunnel.acquire(desk.listener.port)
    async with connect(tunnel.websocket_base + path) as bot:
        await arrived.get()
        desk.agent.set(fault="die")
        with pytest.raises(ConnectionClosed):
            await bot.recv()
    desk.agent.set(fault="")
    await desk.until(lambda: bool(desk.reopened))
    assert desk.reopened[0].is_same_name
    async with connect(tunnel.websocket_base + path):
        await arrived.get()


async def test_it_tries_again_until_the_trouble_is_over(desk: Desk) -> None:
    tunnel = desk.tunnel()
    await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="die")
    await desk.until(lambda: "lost" in desk.states)
    desk.agent.set(fault="session_limit")
    await desk.until(lambda: desk.states.count("lost") >= 4)
    assert desk.events[-1].problem is not None
    assert desk.events[-1].problem.reason is Reason.QUOTA
    desk.agent.set(fault="")
    await desk.until(lambda: bool(desk.reopened))
    assert tunnel.phase is Phase.OPEN
    assert len(desk.lost) == 1


async def test_it_stops_trying_when_that_cannot_help(desk: Desk) -> None:
    tunnel = desk.tunnel()
    await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="die", token="another")
    await desk.until(lambda: "failed" in desk.states)
    assert tunnel.state.problem is not None
    assert tunnel.state.problem.reason is Reason.AUTHENTICATION
    with pytest.raises(GatewayError):
        await tunnel.acquire(desk.listener.port)
    assert tunnel.users == 1


async def test_a_launch_while_it_is_lost_opens_it_at_once(desk: Desk) -> None:
    tunnel = desk.tunnel()
    await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="die")
    await desk.until(lambda: "lost" in desk.states)
    desk.agent.set(fault="")
    base = await tunnel.acquire(desk.listener.port)
    assert base == tunnel.public_url
    assert tunnel.users == 2
    assert [back.public_url for back in desk.reopened] == [base]


async def test_a_lost_session_is_told_and_its_return_too(desk: Desk) -> None:
    tunnel = desk.tunnel()
    base = await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="session_lost")
    await desk.until(lambda: "lost" in desk.states)
    assert tunnel.public_url == ""
    assert desk.lost[0][0].reason is Reason.CONNECTIVITY
    assert "timeout" in desk.lost[0][0].vendor_words
    desk.agent.set(fault="session_back")
    await desk.until(lambda: bool(desk.reopened))
    assert desk.reopened[0].is_same_name
    assert tunnel.public_url == base
    assert len(desk.agent.starts) == 1


async def test_an_address_that_the_agent_no_longer_serves_is_lost(desk: Desk) -> None:
    await desk.tunnel().acquire(desk.listener.port)
    desk.agent.set(fault="offline")
    await desk.until(lambda: "lost" in desk.states)
    desk.agent.set(fault="")
    await desk.until(lambda: bool(desk.reopened))
    assert "ERR_NGROK_3200" in desk.lost[0][0].vendor_words
    assert len(desk.agent.starts) == 2


async def test_an_agent_that_stopped_answering_is_replaced(desk: Desk) -> None:
    await desk.tunnel(MUTE).acquire(desk.listener.port)
    desk.agent.set(fault="mute")
    await desk.until(lambda: "lost" in desk.states)
    desk.agent.set(fault="")
    await desk.until(lambda: bool(desk.reopened))
    assert desk.lost[0][0].reason is Reason.PROTOCOL


async def test_the_last_bot_ends_the_reopening_too(desk: Desk) -> None:
    tunnel = desk.tunnel()
    await tunnel.acquire(desk.listener.port)
    desk.agent.set(fault="die")
    await desk.until(lambda: "lost" in desk.states)
    await tunnel.release()
    assert tunnel.phase is Phase.CLOSED
    assert not desk.reopened
    assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("tunnel")]
