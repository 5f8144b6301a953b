"""The check from outside: only our own port behind the public name passes, all else is named."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from speakdesk.domain.errors import GatewayError, Problem, Reason
from speakdesk.gateway.outside import reach_from_outside
from speakdesk.gateway.probes import Probes
from speakdesk.gateway.tunnel import Phase
from tests.unit.gateway.conftest import QUICK, Desk

Answer = Callable[[httpx.Request], httpx.Response]


async def refusal(answer: Answer) -> Problem:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(GatewayError) as failed:
            await reach_from_outside("https://desk.example.com", Probes(), http=http, wait_s=5)
    problem = failed.value.problem
    assert "desk.example.com" in problem.sentence or "ngrok" in problem.sentence
    assert problem.next_step.endswith(".")
    return problem


def said(status: int, text: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, text=text, headers=named)


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (said(200, "<html>It works!"), Reason.CONFLICT, "another server"),
        (said(404), Reason.CONFLICT, "another server"),
        (said(200, "x" * 100_000), Reason.CONFLICT, "another server"),
        (
            lambda request: httpx.Response(200, text=request.url.path.rpartition("/")[2]),
            Reason.CONFLICT,
            "another server",
        ),
        (said(302, location="https://login.example.com/"), Reason.PROTOCOL, "login.example.com"),
        (said(401), Reason.REFUSED, "password"),
        (said(502), Reason.UNAVAILABLE, "cannot reach SpeakDesk"),
        (said(504), Reason.UNAVAILABLE, "cannot reach SpeakDesk"),
        (said(404, ngrok_error_code="ERR_NGROK_3200"), Reason.UNAVAILABLE, "offline"),
        (said(502, "<html>ERR_NGROK_8012"), Reason.UNAVAILABLE, "cannot reach SpeakDesk's port"),
        (said(403, ngrok_error_code="ERR_NGROK_725"), Reason.QUOTA, "used up"),
        (said(500, ngrok_error_code="ERR_NGROK_99999"), Reason.REFUSED, "ERR_NGROK_99999"),
    ],
)
async def test_whoever_answers_wrongly_is_told_apart(
    answer: Answer, reason: Reason, words: str
) -> None:
    problem = await refusal(answer)
    assert problem.reason is reason
    assert words in problem.sentence


def raising(error: OSError) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(str(error)) from error

    return answer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "DNS"),
        (ssl.SSLCertVerificationError("certificate verify failed"), "certificate"),
        (ssl.SSLError(1, "wrong version number"), "TLS"),
        (ConnectionRefusedError(111, "Connection refused"), "does not take connections"),
    ],
)
async def test_what_keeps_a_connection_from_being_made_is_told_apart(
    error: OSError, words: str
) -> None:
    problem = await refusal(raising(error))
    assert problem.reason is Reason.CONNECTIVITY
    assert words in problem.sentence


async def test_silence_ends_within_its_time() -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(silent)) as http:
        with pytest.raises(GatewayError) as failed:
            await reach_from_outside("https://a.example", Probes(), http=http, wait_s=0.05)
    assert failed.value.problem.reason is Reason.TIMEOUT


async def test_a_new_address_may_need_a_moment(desk: Desk) -> None:
    tries: list[str] = []
    listener = f"http://127.0.0.1:{desk.listener.port}"

    async def slowly(request: httpx.Request) -> httpx.Response:
        tries.append(request.url.path)
        if len(tries) < 3:
            raise httpx.ConnectError("") from socket.gaierror(-2, "not yet")
        async with httpx.AsyncClient() as real:
            return await real.get(listener + request.url.path)

    async with httpx.AsyncClient(transport=httpx.MockTransport(slowly)) as http:
        reached = await reach_from_outside(
            "https://new.example",
            desk.listener.probes,
            http=http,
            pause_s=0.001,
            is_new=True,
        )
    assert len(tries) == 3
    assert reached.note == ""


async def test_what_may_pass_and_does_not_is_named_in_the_end() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(said(502))) as http:
        with pytest.raises(GatewayError) as failed:
            await reach_from_outside(
                "https://a.example", Probes(), http=http, wait_s=0.1, pause_s=0.01, is_new=True
            )
    assert failed.value.problem.reason is Reason.UNAVAILABLE


@pytest.mark.parametrize(
    ("control", "words"),
    [({"scheme": "https"}, "TLS"), ({"host": "nowhere.invalid"}, "DNS")],
)
async def test_a_public_name_that_does_not_work_closes_the_tunnel_again(
    desk: Desk, control: dict[str, str], words: str
) -> None:
    desk.agent.set(**control)
    tunnel = desk.tunnel(QUICK if "scheme" in control else replace(QUICK, check_s=0.2))
    with pytest.raises(GatewayError, match=words):
        await tunnel.acquire(desk.listener.port)
    assert desk.states == ["opening", "checking", "failed"]
    assert not desk.agent.is_running


async def test_a_tunnel_that_leads_to_another_program_is_refused(desk: Desk) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    try:
        with pytest.raises(GatewayError, match="another server"):
            await desk.tunnel().acquire(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


async def test_an_open_tunnel_can_be_checked_again_and_stays_open(desk: Desk) -> None:
    tunnel = desk.tunnel()
    base = await tunnel.acquire(desk.listener.port)
    assert (await tunnel.check_from_outside()).public_url == base
    assert desk.states[-2:] == ["checking", "open"]
    await desk.listener.close()
    with pytest.raises(GatewayError, match="ERR_NGROK_8012"):
        await tunnel.check_from_outside()
    assert (tunnel.phase, tunnel.public_url) == (Phase.OPEN, base)
    assert tunnel.state.problem is not None


async def test_a_closed_tunnel_has_nothing_to_check(desk: Desk) -> None:
    with pytest.raises(GatewayError, match="closed"):
        await desk.tunnel().check_from_outside()


async def test_an_agent_that_dies_during_the_check_ends_the_wait(desk: Desk) -> None:
    desk.agent.set(host="nowhere.invalid")
    tunnel = desk.tunnel()
    waiting = asyncio.ensure_future(tunnel.acquire(desk.listener.port))
    await desk.until(lambda: "checking" in desk.states)
    desk.agent.set(fault="die")
    with pytest.raises(GatewayError) as died:
        await waiting
    assert died.value.problem.reason is Reason.CRASHED
