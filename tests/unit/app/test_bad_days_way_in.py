"""Bad days of the way in: the tunnel, the public address, the port, and what is reported."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from speakdesk.app.bots import following, presence
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.events import LineFinal, Notice, TunnelState
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer
from speakdesk.gateway import tunnel as tunnel_module
from speakdesk.providers.meetingbaas.signatures import sign
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from tests.fixtures.bad_day import KEY, BadDay, bad_day, free_port
from tests.standins.meetingbaas import Trouble
from tests.standins.meetingbaas_bot import Manner
from tests.standins.ngrok_agent import TOKEN, NgrokStandIn
from tests.unit.gateway.conftest import QUICK

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GREETING = (
    "This is the first sentence of a greeting that takes its time. "
    "And this is the second one, which goes on for a good while as well."
)


@asynccontextmanager
async def tunnel_day(
    home: Path, patch: pytest.MonkeyPatch, manner: Manner | None = None, **control: Any
) -> AsyncIterator[tuple[BadDay, NgrokStandIn]]:
    """A bad day with an ngrok agent; in the end it does not run any more."""
    patch.setattr(tunnel_module, "TunnelTiming", lambda: QUICK)
    agent = NgrokStandIn.install(home / "bin", **control)
    environ = {"NGROK_AUTHTOKEN": TOKEN, "NGROK_PATH": str(agent.path)}
    async with bad_day(home / "desk", patch, manner=manner, **environ) as day:
        yield day, agent
    assert not agent.is_running


def notices(day: BadDay) -> list[str]:
    return [event.sentence for event in day.seen.events if isinstance(event, Notice)]


def tunnel_states(day: BadDay) -> list[str]:
    return [str(event.state) for event in day.seen.events if isinstance(event, TunnelState)]


async def tunnel_is(day: BadDay, state: str) -> TunnelState:
    event = await day.seen.until(lambda e: isinstance(e, TunnelState) and e.state == state)
    assert isinstance(event, TunnelState)
    return event


async def test_a_tunnel_that_dies_in_mid_sentence_comes_back_and_the_bot_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(pace=0.1)
    async with tunnel_day(tmp_path, monkeypatch, manner, port=free_port()) as (day, agent):
        day.voice = day.talking
        view = await day.launch(given="", greeting=GREETING)
        bot = await day.dialled()
        await day.cloud.until(lambda: len(bot.received) > 20_000)
        agent.set(fault="die")
        lost = await tunnel_is(day, "lost")
        assert lost.problem is not None
        agent.set(fault="")
        await day.seen.until(lambda e: "same name" in getattr(e, "sentence", ""))
        before = len(bot.received)
        await day.cloud.until(lambda: bot.dialled > 1 and len(bot.received) > before, wait_s=10)
        assert day.view().state is BotState.IN_CALL
        assert not any("cannot reach" in str(trouble) for trouble in day.view().troubles)
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        spoken = " ".join(e.text for e in day.seen.events if isinstance(e, LineFinal))
        assert GREETING.startswith(spoken.split(" ", 1)[0])
        assert (await day.kept_lines())[0] in spoken


async def test_a_tunnel_under_a_new_name_tells_apart_who_cannot_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "DROP_PATIENCE_S", 0.0)
    async with tunnel_day(tmp_path, monkeypatch, Manner(pace=0.02)) as (day, agent):
        await day.launch(given="")
        await day.launch("meeting_scribe")
        await day.dialled()
        await day.dialled(1)
        day.hear("kept")
        agent.set(fault="die")
        await tunnel_is(day, "lost")
        await day.trouble("dials again by itself")
        agent.set(fault="")
        told = await day.trouble("under another name")
        await day.recovered("dials again by itself")
        assert day.view(0).troubles == (told,)
        assert "send it again" in told.next_step
        assert told in day.view(0).troubles
        # The other one was given an address of its own and never used the tunnel.
        assert told not in day.view(1).troubles
        assert day.view(0).is_live
        await day.desk.leave(day.view(0).bot_id)
        await day.ends(BotState.ENDED)
        (again,) = await day.desk.send_again(day.view(0).bot_id)
        await day.seen.state(BotState.IN_CALL, again)
        await day.dialled(2)
        assert day.desk.bots[again].troubles == ()
        assert day.view(1).is_live


async def test_one_tunnel_carries_all_bots_and_closes_with_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel_day(tmp_path, monkeypatch, Manner(pace=0.02)) as (day, agent):
        await day.launch("interviewer", "meeting_scribe", "standup_facilitator", given="")
        for number in range(3):
            await day.dialled(number)
        assert len(agent.starts) == 1
        assert tunnel_states(day) == ["opening", "checking", "open"]
        await day.desk.leave_all()
        await tunnel_is(day, "closed")
        assert TOKEN not in str([start["argv"] for start in agent.starts])


@pytest.mark.parametrize(
    ("fault", "sentence", "step"),
    [
        ("bad_token", "does not accept the authtoken", "authtoken"),
        ("session_limit", "as many agents as its plan allows", "Stop the other ngrok agent"),
        ("no_network", "cannot reach ngrok's servers", "Check the network"),
        ("crash", "ended or failed", "Launch again"),
    ],
)
async def test_a_tunnel_that_cannot_be_opened_fails_the_bot_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, sentence: str, step: str
) -> None:
    async with tunnel_day(tmp_path, monkeypatch, fault=fault) as (day, _):
        await day.launch(given="")
        view = await day.ends(BotState.FAILED)
        assert view.problem is not None
        assert sentence in view.problem.sentence
        assert step in view.problem.next_step
        assert TOKEN not in str(view.problem)
        assert day.cloud.requests == []
        assert day.voices[0].stopped


async def test_without_a_token_the_bot_fails_with_where_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "speakdesk.gateway.ngrok_files.own_config_path", lambda: tmp_path / "none.yml"
    )
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch(given="")
        view = await day.ends(BotState.FAILED)
        assert view.problem is not None
        assert "no ngrok authtoken" in view.problem.sentence
        assert "dashboard.ngrok.com" in view.problem.next_step
        assert day.cloud.requests == []


async def test_a_missing_agent_is_asked_for_and_what_was_chosen_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel_day(tmp_path, monkeypatch, Manner(pace=0.02)) as (day, agent):
        monkeypatch.delenv("NGROK_PATH")
        monkeypatch.setenv("PYNGROK_NGROK_PATH", str(tmp_path / "nowhere"))
        await day.desk.keys.load()
        offers: list[AgentOffer] = []

        async def answer(offer: AgentOffer) -> AgentAnswer:
            offers.append(offer)
            return AgentAnswer.use(str(agent.path))

        day.desk.agent_asker = answer
        await day.launch(given="")
        await day.dialled()
        assert len(offers) == 1
        assert day.desk.settings.current.tunnel.ngrok_path == str(agent.path)


async def test_a_no_to_the_agent_fails_the_bot_with_the_other_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel_day(tmp_path, monkeypatch) as (day, agent):
        agent.path.unlink()

        async def decline(offer: AgentOffer) -> AgentAnswer:
            return AgentAnswer.no()

        day.desk.agent_asker = decline
        await day.launch(given="")
        view = await day.ends(BotState.FAILED)
        assert view.problem is not None
        assert "BASE_URL" in view.problem.next_step
        assert day.cloud.requests == []


async def test_leaving_while_the_person_is_asked_ends_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel_day(tmp_path, monkeypatch) as (day, agent):
        agent.path.unlink()
        asked, ended = asyncio.Event(), asyncio.Event()

        async def wait(offer: AgentOffer) -> AgentAnswer:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return AgentAnswer.no()

        day.desk.agent_asker = wait
        view = await day.launch(given="")
        await asyncio.wait_for(asked.wait(), 10)
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize("source", ["launch", "BASE_URL"])
async def test_an_address_that_leads_elsewhere_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    environ = {"BASE_URL": url} if source == "BASE_URL" else {}
    try:
        async with bad_day(tmp_path, monkeypatch, **environ) as day:
            await day.launch(given=url if source == "launch" else "")
            view = await day.ends(BotState.FAILED)
            assert view.problem is not None
            assert "another server" in view.problem.sentence
            assert day.cloud.requests == []
    finally:
        server.close()
        await server.wait_closed()


async def test_an_address_that_cannot_be_asked_from_here_is_doubted_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("") from ConnectionRefusedError(111, "Connection refused")

    outside = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    monkeypatch.setattr("speakdesk.gateway.outside._client", lambda: outside)
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=0)) as day:
        await day.launch("interviewer", "meeting_scribe", given="wss://desk.example.com/mine")
        await day.seen.state(BotState.IN_CALL)
        (doubt,) = (words for words in notices(day) if "desk.example.com" in words)
        assert "cannot reach their own public address" in doubt
        bot = await _first_bot(day)
        assert bot.url.startswith("wss://desk.example.com/mine/ws/")


async def _first_bot(day: BadDay) -> Any:
    await day.cloud.until(lambda: bool(day.cloud.bots))
    return next(iter(day.cloud.bots.values()))


async def test_a_taken_port_is_said_and_the_next_one_carries_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnel_day(tmp_path, monkeypatch, Manner(pace=0.02)) as (day, _):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", day.port))
            taken.listen()
            await day.launch(given="")
            await day.dialled()
            (said,) = (words for words in notices(day) if "is taken by" in words)
            assert f"Port {day.port} is taken by" in said
            assert "SpeakDesk listens on" in said


async def test_the_doctor_knows_its_own_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(pace=0.02)) as day:
        settings = day.desk.settings.current.with_changes(port=day.port)
        await day.desk.save_settings(settings)
        await day.launch()
        await day.dialled()
        (port,) = (check for check in await day.desk.checks() if check.name == "Port")
        assert port.ok
        assert f"SpeakDesk listens on port {day.port}." == port.sentence


async def test_a_callback_ends_the_bot_without_waiting_for_the_next_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(pace=0.02)) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        bot = await day.dialled()
        day.cloud.trouble, day.cloud.troubled_path = Trouble.SILENT, "/status"
        monkeypatch.setattr("speakdesk.providers.meetingbaas.http.TIMEOUT", 60)
        monkeypatch.setattr("speakdesk.app.bots.following.WHY_PATIENCE_S", 0.05)
        await bot.end("bot_removed", "completed", "BOT_REMOVED")
        view = await day.ends(BotState.ENDED)
        assert view.cause == "the call ended"


async def test_a_callback_that_gives_no_reason_is_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(pace=0.02)) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        bot = await day.dialled()
        monkeypatch.setattr(following, "REMOTE_CADENCE", following.Cadence(60, 60))
        await day.cloud.until(lambda: day.cloud.requests[-1].path.endswith("/status"))
        await bot.end("bot_removed", "completed", "BOT_REMOVED")
        view = await day.ends(BotState.ENDED)
        assert "removed" in view.cause


async def test_a_signed_report_is_taken_once_and_moves_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(pace=0.02, lobby=True)
    environ = {"MEETING_BAAS_WEBHOOK_SECRET": SIGNING}
    async with bad_day(tmp_path, monkeypatch, manner=manner, **environ) as day:
        await day.launch()
        await day.seen.state(BotState.LOBBY)
        monkeypatch.setattr(following, "REMOTE_CADENCE", following.Cadence(60, 60))
        bot = await day.dialled()
        data = {"bot_id": bot.bot_id, "status": {"code": "in_call_recording"}}
        body = json.dumps({"event": "bot.status_change", "data": data}).encode()
        stamp = int(datetime.now(UTC).timestamp())
        headers = {
            "svix-id": "msg_1",
            "svix-timestamp": str(stamp),
            "svix-signature": sign(SIGNING, "msg_1", stamp, body),
        }
        async with httpx.AsyncClient() as http:
            url = bot.wish["callback_config"]["url"]
            forged = await http.post(url, content=body + b" ", headers=headers)
            answers = [await http.post(url, content=body, headers=headers) for _ in range(2)]
        assert forged.status_code == 401
        assert [answer.status_code for answer in answers] == [200, 200]
        await day.seen.state(BotState.IN_CALL)


async def test_v1_is_followed_by_its_webhooks_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(pace=0.02, lobby=True)
    environ = {"MEETING_BAAS_API_KEY": KEY}
    async with bad_day(
        tmp_path, monkeypatch, manner=manner, client=MeetingBaasV1Provider, **environ
    ) as day:
        day.cloud.trouble, day.cloud.troubled_path = Trouble.SERVER_ERROR, "/bots/meeting_data"
        await day.launch()
        await day.seen.state(BotState.LOBBY)
        (bot,) = day.cloud.bots.values()
        bot.admit()
        await day.seen.state(BotState.IN_CALL)
        await bot.end("bot_removed", "completed", "BOT_REMOVED")
        view = await day.ends(BotState.ENDED)
        assert view.cause


async def test_a_callback_that_lies_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(pace=0.02)) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        bot = await day.dialled()
        callback = bot.wish["callback_config"]
        body = {"event": "bot.failed", "data": {"bot_id": bot.bot_id, "error_code": "X"}}
        assert await day.cloud.webhook(callback["url"], body, {"x-mb-secret": "guess"}) == 401
        guess = callback["url"].rpartition("/")[0] + "/guess"
        assert await day.cloud.webhook(guess, body, {"x-mb-secret": callback["secret"]}) == 404
        assert day.view().state is BotState.IN_CALL
        assert Evidence.DIALLED_IN in {mark.evidence for mark in day.view().marks}
