"""Reports come in through the same door: secret first, then how many, how large, then the proof."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from speakdesk.gateway import reports_route
from speakdesk.gateway.door import Door
from speakdesk.gateway.listener import Listener

PATH = "/webhooks/meetingbaas/a-secret-of-the-desk"


class Desk:
    """Takes reports."""

    def __init__(self) -> None:
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.status = 200
        self.listener = Listener(Door(), port=0)

    async def take(self, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        return self.status


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.listener.open()
    path = desk.listener.door.expect_reports("meetingbaas", "a-secret-of-the-desk", desk.take)
    assert path == PATH
    yield desk
    await desk.listener.close()


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{desk.listener.port}") as http:
        yield http


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_report_reaches_its_receiver_whole(
    desk: Desk, http: httpx.AsyncClient, method: str
) -> None:
    answer = await http.request(
        method, PATH, content=b'{"event":"x"}', headers={"x-mb-secret": "s"}
    )
    assert answer.status_code == 200
    ((headers, body),) = desk.got
    assert body == b'{"event":"x"}'
    assert headers["x-mb-secret"] == "s"


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_the_receiver_decides_what_is_answered(
    desk: Desk, http: httpx.AsyncClient, status: int
) -> None:
    desk.status = status
    assert (await http.post(PATH, content=b"{}")).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/meetingbaas/wrong",
        "/webhooks/vexa/a-secret-of-the-desk",
        "/webhooks/meetingbaas/%F0%9F%98%80",
    ],
)
async def test_a_wrong_secret_is_not_there_and_counted(
    desk: Desk, http: httpx.AsyncClient, path: str
) -> None:
    assert (await http.post(path, content=b"{}")).status_code == 404
    assert desk.listener.door.refused == 1
    assert desk.got == []


async def test_nothing_else_is_behind_the_door(desk: Desk, http: httpx.AsyncClient) -> None:
    assert (await http.get(PATH)).status_code == 405
    for path in ("/webhooks/meetingbaas", "/webhooks/", f"{PATH}/more", "/bots", "/health"):
        assert (await http.post(path, content=b"{}")).status_code == 404


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_body_that_is_too_large_is_not_taken(
    desk: Desk, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, is_announced: bool
) -> None:
    monkeypatch.setattr(reports_route, "MOST_BYTES", 1000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    content: bytes | AsyncIterator[bytes] = b"x" * 1001 if is_announced else pieces()
    assert (await http.post(PATH, content=content)).status_code == 413
    assert desk.got == []
    assert (await http.post(PATH, content=b"x" * 1000)).status_code == 200


async def test_a_flood_of_reports_is_told_to_wait(
    desk: Desk, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports_route, "REPORTS_AT_ONCE", 3.0)
    monkeypatch.setattr(reports_route, "REPORTS_PER_S", 0.001)
    answers = [(await http.post(PATH, content=b"{}")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert len(desk.got) == 3


async def test_a_sender_that_stalls_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports_route, "BODY_WAIT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.listener.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf".encode())
    assert b" 408 " in await reader.readline()
    writer.close()
    assert desk.got == []


async def test_a_secret_that_was_given_out_stays_good(desk: Desk, http: httpx.AsyncClient) -> None:
    desk.listener.door.expect_reports("meetingbaas", "a-new-one", desk.take)
    for path in (PATH, "/webhooks/meetingbaas/a-new-one"):
        assert (await http.post(path, content=b"{}")).status_code == 200
