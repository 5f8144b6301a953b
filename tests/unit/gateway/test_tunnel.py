"""The tunnel opens for the first bot, carries all of them, and closes with the last."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from loguru import logger
from websockets.asyncio.client import connect

from speakdesk.domain.errors import GatewayError, Reason
from speakdesk.gateway import ngrok_files
from speakdesk.gateway.tunnel import Phase, TunnelConfig
from speakdesk.providers.wire import MeetingSocket, SocketClosed
from tests.standins.ngrok_agent import TOKEN
from tests.unit.gateway.conftest import QUICK, SILENT, Desk


async def echo(carried: MeetingSocket) -> None:
    try:
        while True:
            await carried.send(await carried.receive())
    except SocketClosed:
        return


async def test_a_bot_outside_reaches_its_voice_through_the_public_name(desk: Desk) -> None:
    tunnel = desk.tunnel()
    path = desk.listener.door.open("b1", echo)
    async with tunnel.use(desk.listener.port) as base:
        assert base == tunnel.public_url
        assert str(desk.listener.port) not in base
        async with connect(tunnel.websocket_base + path) as bot:
            await bot.send(b"\x01\x02" * 4800)
            assert await bot.recv() == b"\x01\x02" * 4800
        assert tunnel.reached is not None
        assert tunnel.reached.public_url == base
        assert "inside this network" in tunnel.reached.note
    assert desk.states == ["opening", "checking", "open", "closed"]
    assert not desk.agent.is_running


async def test_many_bots_share_one_tunnel_and_the_last_one_closes_it(desk: Desk) -> None:
    tunnel = desk.tunnel()
    bases = await asyncio.gather(*(tunnel.acquire(desk.listener.port) for _ in range(8)))
    assert len(set(bases)) == 1
    assert len(desk.agent.starts) == 1
    for _ in range(7):
        await tunnel.release()
    assert desk.agent.is_running
    await tunnel.release()
    await tunnel.release()
    assert not desk.agent.is_running
    assert tunnel.phase is Phase.CLOSED


async def test_it_opens_again_after_it_was_closed(desk: Desk) -> None:
    tunnel = desk.tunnel()
    for _ in range(2):
        async with tunnel.use(desk.listener.port):
            pass
    assert len(desk.agent.starts) == 2
    assert not desk.reopened


async def test_the_token_is_in_a_private_file_and_nowhere_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NGROK_AUTHTOKEN", TOKEN)
    monkeypatch.setenv("NGROK_API_KEY", "key-of-the-account")
    tunnel = desk.tunnel()
    async with tunnel.use(desk.listener.port):
        (start,) = desk.agent.starts
    assert not [part for part in start["argv"] if TOKEN in part or "key-of" in part]
    assert not {"NGROK_AUTHTOKEN", "NGROK_API_KEY"} & set(start["environ"])
    assert TOKEN in start["config"]
    assert start["mode"] == "0o600"
    assert TOKEN not in repr(tunnel.config)


async def test_a_refused_token_is_never_repeated(
    desk: Desk, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    desk.agent.set(fault="bad_token")
    logged: list[str] = []
    sink = logger.add(logged.append, level="TRACE")
    try:
        with pytest.raises(GatewayError) as refused:
            await desk.tunnel().acquire(desk.listener.port)
    finally:
        logger.remove(sink)
    told = "".join([*logged, *capfd.readouterr(), caplog.text, str(refused.value)])
    told += "".join(str(event.to_json()) for event in desk.events)
    assert TOKEN not in told
    assert "ERR_NGROK_105" in refused.value.problem.vendor_words


@pytest.mark.parametrize(
    ("fault", "reason", "is_permanent"),
    [
        ("bad_token", Reason.AUTHENTICATION, True),
        ("session_limit", Reason.QUOTA, False),
        ("crash", Reason.CRASHED, False),
        ("no_api", Reason.PROTOCOL, False),
        ("refuse", Reason.CONFLICT, False),
        ("garbage", Reason.PROTOCOL, False),
        ("nameless", Reason.PROTOCOL, False),
    ],
)
async def test_what_the_agent_says_becomes_a_sentence_and_a_next_step(
    desk: Desk, fault: str, reason: Reason, is_permanent: bool
) -> None:
    desk.agent.set(fault=fault)
    tunnel = desk.tunnel()
    with pytest.raises(GatewayError) as failed:
        await tunnel.acquire(desk.listener.port)
    problem = failed.value.problem
    assert (problem.reason, problem.is_permanent) == (reason, is_permanent)
    assert problem.sentence.endswith(".")
    assert problem.next_step.endswith(".")
    assert (tunnel.phase, tunnel.state.problem) == (Phase.FAILED, problem)
    assert tunnel.users == 0
    assert not desk.agent.is_running


@pytest.mark.parametrize(
    ("fault", "reason"), [("silent", Reason.TIMEOUT), ("no_network", Reason.CONNECTIVITY)]
)
async def test_an_agent_that_never_gets_ready_cannot_hang_us(
    desk: Desk, fault: str, reason: Reason
) -> None:
    desk.agent.set(fault=fault)
    tunnel = desk.tunnel(SILENT if fault == "silent" else QUICK)
    with pytest.raises(GatewayError) as failed:
        await tunnel.acquire(desk.listener.port)
    assert failed.value.problem.reason is reason
    assert not desk.agent.is_running


async def test_after_a_silent_agent_the_next_try_works(desk: Desk) -> None:
    desk.agent.set(fault="silent")
    with pytest.raises(GatewayError):
        await desk.tunnel(SILENT).acquire(desk.listener.port)
    desk.agent.set(fault="")
    async with desk.tunnel().use(desk.listener.port) as base:
        assert base


def test_a_silent_agent_does_not_hold_up_the_end_of_the_program(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from speakdesk.gateway.probes import Probes\n"
        "from speakdesk.gateway.tunnel import Tunnel, TunnelConfig\n"
        "from tests.standins.ngrok_agent import TOKEN, NgrokStandIn\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "agent = NgrokStandIn.install(folder / 'bin', fault='silent')\n"
        "config = TunnelConfig(folder, agent.path, TOKEN)\n"
        "async def main():\n"
        "    tunnel = Tunnel(config, lambda event: None, Probes())\n"
        "    held = asyncio.ensure_future(tunnel.acquire(1))\n"
        "    while not agent.starts:\n"
        "        await asyncio.sleep(0.01)\n"
        "    print('started', agent.starts[0]['pid'])\n"
        "asyncio.run(main())\n"
        "print('ended', agent.is_running)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ended False"


@pytest.mark.parametrize("fault", ["old", "older"])
async def test_an_older_agent_is_used_in_its_own_format(desk: Desk, fault: str) -> None:
    desk.agent.set(fault=fault)
    async with desk.tunnel().use(desk.listener.port) as base:
        assert base
        assert 'version: "2"' in desk.agent.starts[-1]["config"]
        assert desk.agent.requests[-1]["path"].startswith("/api/tunnels")


async def test_a_reserved_domain_and_a_region_are_asked_for(desk: Desk) -> None:
    async with desk.tunnel(domain="desk.example.com", region="eu").use(desk.listener.port):
        made = next(r for r in desk.agent.requests if r["method"] == "POST")
        assert made["body"]["url"] == "https://desk.example.com"
        assert made["body"]["upstream"]["url"] == f"http://127.0.0.1:{desk.listener.port}"
        assert desk.agent.starts[0]["argv"][-2:] == ["--region", "eu"]


async def test_a_stubborn_agent_is_ended_by_force(desk: Desk) -> None:
    desk.agent.set(stubborn=True)
    tunnel = desk.tunnel(replace(QUICK, stop_s=0.1))
    async with tunnel.use(desk.listener.port):
        assert desk.agent.is_running
    assert not desk.agent.is_running


async def test_base_url_needs_no_agent(desk: Desk) -> None:
    own = f"http://127.0.0.1:{desk.listener.port}/"
    async with desk.tunnel(base_url=own).use(desk.listener.port) as base:
        assert base == own.rstrip("/")
    assert not desk.agent.starts
    assert desk.states == ["opening", "checking", "open", "closed"]


async def test_the_address_of_the_launch_wins_and_opens_nothing(desk: Desk) -> None:
    tunnel = desk.tunnel(base_url="https://never.invalid")
    given = f"ws://127.0.0.1:{desk.listener.port}"
    async with tunnel.use(desk.listener.port, given_url=given) as base:
        assert base == f"http://127.0.0.1:{desk.listener.port}"
        assert tunnel.users == 0
    assert not desk.events


async def test_an_address_of_the_launch_that_leads_elsewhere_is_refused(desk: Desk) -> None:
    with pytest.raises(GatewayError) as refused:
        async with desk.tunnel().use(desk.listener.port, given_url="https://elsewhere.invalid"):
            pass
    assert refused.value.problem.reason is Reason.CONNECTIVITY


async def test_without_the_check_nothing_is_asked(desk: Desk) -> None:
    tunnel = desk.tunnel(base_url="https://desk.invalid", is_checked=False)
    async with tunnel.use(desk.listener.port) as base:
        assert (base, tunnel.websocket_base) == ("https://desk.invalid", "wss://desk.invalid")
    assert desk.states == ["opening", "open", "closed"]


async def test_a_missing_agent_is_said_and_never_downloaded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    downloads: list[str] = []
    monkeypatch.setattr("pyngrok.installer._download_file", lambda url, **_: downloads.append(url))
    with pytest.raises(GatewayError) as missing:
        await desk.tunnel(ngrok_path=tmp_path / "none").acquire(desk.listener.port)
    assert missing.value.problem.reason is Reason.MISSING
    assert "BASE_URL" in missing.value.problem.next_step
    assert not downloads


async def test_an_agent_that_is_no_program_is_said(desk: Desk, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    with pytest.raises(GatewayError) as refused:
        await desk.tunnel(ngrok_path=plain).acquire(desk.listener.port)
    assert refused.value.problem.reason is Reason.REFUSED
    plain.chmod(0o700)
    with pytest.raises(GatewayError, match="without a reason"):
        await desk.tunnel(ngrok_path=plain).acquire(desk.listener.port)


async def test_a_missing_token_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngrok_files, "own_config_path", lambda: desk.config.config_dir / "none")
    with pytest.raises(GatewayError) as missing:
        await desk.tunnel(authtoken=" ").acquire(desk.listener.port)
    assert missing.value.problem.reason is Reason.MISSING
    assert "authtoken" in missing.value.problem.sentence
    assert not desk.agent.starts


async def test_without_a_token_the_agent_uses_its_own_configuration(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "ngrok.yml"
    own.write_text(f'version: "3"\nagent:\n  authtoken: {TOKEN}\n')
    monkeypatch.setattr(ngrok_files, "own_config_path", lambda: own)
    async with desk.tunnel(authtoken="").use(desk.listener.port):
        assert str(own) in desk.agent.starts[0]["argv"]
    assert own.exists()


async def test_closing_while_it_opens_tells_the_waiting_launch(desk: Desk) -> None:
    desk.agent.set(fault="silent")
    tunnel = desk.tunnel()
    waiting = asyncio.ensure_future(tunnel.acquire(desk.listener.port))
    await desk.until(lambda: "opening" in desk.states)
    await tunnel.close()
    with pytest.raises(GatewayError, match="closed"):
        await waiting
    assert tunnel.phase is Phase.CLOSED
    assert tunnel.users == 0


async def test_a_cancelled_launch_ends_only_its_own_wait(desk: Desk) -> None:
    tunnel = desk.tunnel()
    given_up = asyncio.ensure_future(tunnel.acquire(desk.listener.port))
    kept = asyncio.ensure_future(tunnel.acquire(desk.listener.port))
    await desk.until(lambda: "opening" in desk.states)
    given_up.cancel()
    assert await kept
    assert given_up.cancelled()
    assert tunnel.users == 1
    assert len(desk.agent.starts) == 1


async def test_the_last_cancelled_launch_closes_what_it_began(desk: Desk) -> None:
    desk.agent.set(fault="silent")
    tunnel = desk.tunnel()
    given_up = asyncio.ensure_future(tunnel.acquire(desk.listener.port))
    await desk.until(lambda: "opening" in desk.states)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert tunnel.phase is Phase.CLOSED


async def test_a_launch_during_the_closing_gets_a_fresh_tunnel(desk: Desk) -> None:
    tunnel = desk.tunnel()
    first = await tunnel.acquire(desk.listener.port)
    closing = asyncio.ensure_future(tunnel.release())
    await asyncio.sleep(0)
    second = await tunnel.acquire(desk.listener.port)
    await closing
    assert first != second
    assert tunnel.phase is Phase.OPEN
    assert tunnel.users == 1
    assert desk.agent.is_running


def test_the_configuration_shows_no_token() -> None:
    assert "hidden-token" not in repr(TunnelConfig(Path(), authtoken="hidden-token"))
