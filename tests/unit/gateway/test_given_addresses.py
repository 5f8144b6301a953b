"""A person's own address: refused where another answers, doubted where nobody can be asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import httpx
import pytest

from speakdesk.domain.errors import GatewayError
from speakdesk.gateway.given import GivenAddresses
from speakdesk.gateway.outside import CannotAsk, Reached, reach_from_outside
from speakdesk.gateway.probes import Probes

BASE = "https://desk.example.com"
Answer = Callable[[httpx.Request], httpx.Response]


class Office:
    """Addresses whose outside is scripted."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked = 0
        self.reached: list[Reached] = []
        self.given = GivenAddresses(self.reach, self.reached.append)

    async def reach(self, base: str) -> Reached:
        self.asked += 1
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as http:
            return await reach_from_outside(base, Probes(), http=http, wait_s=0.2)


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("") from ConnectionRefusedError(111, "Connection refused")


def too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("")


def no_name(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("") from socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize("answer", [refused, too_slow])
async def test_where_it_cannot_be_asked_there_is_a_doubt_and_no_refusal(answer: Answer) -> None:
    office = Office(answer)
    async with office.given.use(BASE):
        (reached,) = office.reached
    assert not reached.is_proven
    assert "desk.example.com" in reached.note
    assert "cannot reach their own public address" in reached.note


@pytest.mark.parametrize(
    "answer", [no_name, lambda r: httpx.Response(200, text="hello"), lambda r: httpx.Response(502)]
)
async def test_what_certainly_leads_elsewhere_is_refused(answer: Answer) -> None:
    office = Office(answer)
    with pytest.raises(GatewayError) as failed:
        async with office.given.use(BASE):
            raise AssertionError
    assert not isinstance(failed.value, CannotAsk)
    assert office.reached == []


async def test_an_address_of_this_network_that_does_not_answer_is_refused() -> None:
    with pytest.raises(GatewayError):
        async with Office(refused).given.use("http://127.0.0.1:1"):
            raise AssertionError


async def test_all_bots_of_a_launch_share_one_check() -> None:
    office = Office(refused)

    async def hold() -> None:
        async with office.given.use(BASE):
            await asyncio.sleep(0.01)

    await asyncio.gather(*(hold() for _ in range(5)))
    assert office.asked == 1
    await hold()
    assert office.asked == 2


async def test_one_bot_that_leaves_does_not_end_the_others_check() -> None:
    gate = asyncio.Event()
    reached: list[Reached] = []

    async def reach(base: str) -> Reached:
        await gate.wait()
        return Reached(base, 1.0)

    given = GivenAddresses(reach, reached.append)

    async def hold() -> bool:
        async with given.use(BASE):
            return True

    first, second = asyncio.ensure_future(hold()), asyncio.ensure_future(hold())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second
    assert first.cancelled()
