"""The way in: one listener, one door and at most one tunnel, shared by all bots (design §7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from speakdesk.domain.errors import Problem
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.speech import Keys
from speakdesk.gateway.addresses import websocket_base
from speakdesk.gateway.door import Door
from speakdesk.gateway.listener import Listener

if TYPE_CHECKING:
    from speakdesk.gateway.tunnel import Reopened, Tunnel
    from speakdesk.gateway.tunnel_config import TunnelConfig


class WayIn:
    """Opens what a provider's bot needs to reach this computer, and closes it with the last bot.

    `on_moved` is called where the public address changed under bots that were using the old one.
    """

    def __init__(
        self,
        config_dir: Path,
        publish: Callable[[Event], None],
        keys: Callable[[], Keys],
        on_moved: Callable[[], None],
    ) -> None:
        self.door = Door()
        self._config_dir = config_dir
        self._publish = publish
        self._keys = keys
        self._on_moved = on_moved
        self._listener: Listener | None = None
        self._tunnel: Tunnel | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def use(self, port: int, *, is_public: bool, given_url: str = "") -> AsyncIterator[str]:
        """The WebSocket base URL for one bot, for as long as the block runs.

        A provider on this computer dials the listener itself. For the others the base is
        `given_url`, BASE_URL or the tunnel, in this order. Raises GatewayError.
        """
        listener = await self._listen(port)
        if not is_public:
            yield websocket_base(given_url) if given_url else listener.websocket_base
            return
        async with self._shared_tunnel(listener).use(listener.port, given_url) as base:
            yield websocket_base(base)

    async def close(self) -> None:
        """Close everything; safe to call twice."""
        if self._tunnel is not None:
            await self._tunnel.close()
        if self._listener is not None:
            await self._listener.close()

    async def _listen(self, port: int) -> Listener:
        async with self._opening:
            if self._listener is None:
                await asyncio.to_thread(_import_server)
                self._listener = Listener(self.door, port=port)
            was_open = self._listener.is_open
            await self._listener.open()
            if not was_open and self._listener.taken_sentence:
                self._publish(Notice(level="info", sentence=self._listener.taken_sentence))
            return self._listener

    def _shared_tunnel(self, listener: Listener) -> Tunnel:
        if self._tunnel is None:
            from speakdesk.gateway.tunnel import Tunnel

            self._tunnel = Tunnel(
                self._config(),
                self._publish,
                listener.probes,
                on_lost=self._on_lost,
                on_reopened=self._on_reopened,
            )
        self._tunnel.config = self._config()
        return self._tunnel

    def _config(self) -> TunnelConfig:
        from speakdesk.gateway.tunnel_config import TunnelConfig

        keys = self._keys()
        return TunnelConfig(
            config_dir=self._config_dir,
            authtoken=keys.get("NGROK_AUTHTOKEN"),
            base_url=keys.get("BASE_URL"),
        )

    def _on_lost(self, problem: Problem, _: str) -> None:
        self._publish(
            Notice(level="attention", sentence=problem.sentence, next_step=problem.next_step)
        )

    def _on_reopened(self, reopened: Reopened) -> None:
        if not reopened.is_same_name:
            self._on_moved()


def _import_server() -> None:
    import uvicorn  # noqa: F401
