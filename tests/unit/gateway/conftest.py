"""A tunnel with a stand-in agent, quick in every wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from speakdesk.domain.errors import Problem
from speakdesk.domain.events import TunnelState
from speakdesk.gateway.door import Door
from speakdesk.gateway.listener import Listener
from speakdesk.gateway.tunnel import Reopened, Tunnel, TunnelConfig, TunnelTiming
from tests.standins.ngrok_agent import TOKEN, NgrokStandIn

QUICK = TunnelTiming(
    startup_s=20.0,
    patience_s=0.2,
    settle_s=0.2,
    request_s=5.0,
    poll_s=0.01,
    verify_s=0.02,
    misses=2,
    check_s=10.0,
    check_pause_s=0.01,
    backoff_s=(0.01, 0.02),
    stop_s=2.0,
)
SILENT = replace(QUICK, startup_s=0.3)
MUTE = replace(QUICK, request_s=0.05)


class Desk:
    """What a tunnel lives in: a listener behind it, and everything that it told."""

    def __init__(self, folder: Path) -> None:
        self.listener = Listener(Door(), port=0)
        self.agent = NgrokStandIn.install(folder / "bin")
        self.config = TunnelConfig(
            config_dir=folder / "agent", ngrok_path=self.agent.path, authtoken=TOKEN
        )
        self.events: list[TunnelState] = []
        self.lost: list[tuple[Problem, str]] = []
        self.reopened: list[Reopened] = []
        self._tunnels: list[Tunnel] = []
        self._changed = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    def tunnel(self, timing: TunnelTiming = QUICK, **changes: Any) -> Tunnel:
        """A tunnel to this desk's listener; `changes` are those of its configuration."""
        tunnel = Tunnel(
            replace(self.config, **changes),
            self._take,
            self.listener.probes,
            timing=timing,
            on_lost=lambda problem, url: self.lost.append((problem, url)),
            on_reopened=self.reopened.append,
        )
        self._tunnels.append(tunnel)
        return tunnel

    @property
    def states(self) -> list[str]:
        """The phases it went through."""
        return [str(event.state) for event in self.events]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; looked at after each event."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)

    async def close(self) -> None:
        for tunnel in self._tunnels:
            await tunnel.close()
        await self.listener.close()

    def _take(self, event: TunnelState) -> None:
        self.events.append(event)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    for name in ("NGROK_AUTHTOKEN", "NGROK_API_KEY", "PYNGROK_NGROK_PATH"):
        monkeypatch.delenv(name, raising=False)
    desk = Desk(tmp_path)
    await desk.listener.open()
    yield desk
    await desk.close()
    assert not desk.agent.is_running
    assert not list((tmp_path / "agent").glob("*"))
