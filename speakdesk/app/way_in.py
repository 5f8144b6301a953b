"""The way in: one listener, one door and at most one tunnel, shared by all bots (design §7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speakdesk.app.checks import CheckResult
from speakdesk.domain.errors import GatewayError, Problem
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.speech import Keys
from speakdesk.domain.tunnel import AgentAsker
from speakdesk.gateway.addresses import host_of, public_base, websocket_base
from speakdesk.gateway.avatars import Avatars
from speakdesk.gateway.door import Door
from speakdesk.gateway.listener import Listener
from speakdesk.store.settings import TunnelSettings

if TYPE_CHECKING:
    from speakdesk.gateway.outside import Reached
    from speakdesk.gateway.tunnel import Tunnel
    from speakdesk.gateway.tunnel_config import TunnelConfig
    from speakdesk.gateway.tunnel_state import Reopened


REFUSED_TO_TELL = 10


@dataclass(frozen=True, slots=True)
class Way:
    """How one bot's provider reaches this computer.

    `websocket_base` is what a bot dials (ws or wss), `public_base` the same address for HTTP
    (reports, pictures), empty for a provider on this computer. `is_tunnel` where the address may
    change while the bot lives.
    """

    websocket_base: str
    public_base: str = ""
    is_tunnel: bool = False


class WayIn:
    """Opens what a provider's bot needs to reach this computer, and closes it with the last bot.

    `on_moved` is called where the tunnel's address changed under bots that were using the old one.
    `agent_asker` is set by a face that can ask a person about ngrok's program; `on_agent` gets the
    path that came of it. `avatars` are the pictures that providers may fetch: their addresses are
    `Way.public_base` and the path that `serve` returns.
    """

    def __init__(
        self,
        config_dir: Path,
        publish: Callable[[Event], None],
        keys: Callable[[], Keys],
        on_moved: Callable[[], None],
        *,
        settings: Callable[[], TunnelSettings] = TunnelSettings,
        on_agent: Callable[[Path], None] | None = None,
    ) -> None:
        self.door = Door(self._on_refused)
        self.avatars = Avatars()
        self.agent_asker: AgentAsker | None = None
        self._config_dir = config_dir
        self._publish = publish
        self._keys = keys
        self._on_moved = on_moved
        self._settings = settings
        self._on_agent = on_agent
        self._listener: Listener | None = None
        self._tunnel: Tunnel | None = None
        self._opening = asyncio.Lock()
        self._shown: set[str] = set()

    @property
    def port(self) -> int | None:
        """The port we listen on now, None while we do not."""
        listener = self._listener
        return listener.port if listener is not None and listener.is_open else None

    @asynccontextmanager
    async def use(self, port: int, *, is_public: bool, given_url: str = "") -> AsyncIterator[Way]:
        """The way in for one bot, for as long as the block runs.

        A provider on this computer dials the listener itself. For the others the address is
        `given_url`, BASE_URL or the tunnel, in this order; each is checked from outside before it
        is used. Raises GatewayError.
        """
        given_url = given_url.strip()
        listener = await self._listen(port)
        if not is_public:
            base = public_base(given_url) if given_url else ""
            yield Way(websocket_base(base) if base else listener.websocket_base)
            return
        tunnel = self._shared_tunnel(listener)
        async with tunnel.use(listener.port, given_url) as base:
            is_own = bool(given_url or tunnel.config.base_url.strip())
            yield Way(websocket_base(base), base, is_tunnel=not is_own)

    @property
    def lasting_base(self) -> str:
        """The public address where it is the same after every start, else empty."""
        config = self._config()
        try:
            if config.base_url.strip():
                return public_base(config.base_url)
            return public_base(f"https://{config.domain}") if config.domain else ""
        except GatewayError:
            return ""

    def check(self) -> CheckResult:
        """What meeting bots would come in through, for the doctor; starts nothing. Blocks."""
        from speakdesk.gateway.ngrok_files import find_agent, require_token

        config = self._config()
        try:
            if config.base_url.strip():
                base = public_base(config.base_url)
                return CheckResult("Way in", True, f"Meeting bots come in at {base} (BASE_URL).")
            require_token(config)
            path = find_agent(config)
        except GatewayError as e:
            problem = e.problem
            return CheckResult(
                "Way in", False, problem.sentence, problem.next_step, is_optional=True
            )
        return CheckResult(
            "Way in", True, f"Meeting bots come in through a tunnel; ngrok is at {path}."
        )

    def cancel_fetch(self) -> None:
        """Stop fetching ngrok's program; the launch that waits for it ends with a Problem."""
        if self._tunnel is not None:
            self._tunnel.supply.cancel_fetch()

    async def close(self) -> None:
        """Close everything; safe to call twice."""
        if self._tunnel is not None:
            await self._tunnel.close()
        if self._listener is not None:
            await self._listener.close()
        self.avatars.clear()

    async def _listen(self, port: int) -> Listener:
        async with self._opening:
            if self._listener is None:
                await asyncio.to_thread(_import_server)
                self._listener = Listener(self.door, port=port, avatars=self.avatars)
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
                on_reached=self._on_reached,
                on_agent=self._on_chosen,
            )
        self._tunnel.config = self._config()
        self._tunnel.supply.asker = self.agent_asker
        return self._tunnel

    def _config(self) -> TunnelConfig:
        from speakdesk.gateway.tunnel_config import TunnelConfig

        keys, settings = self._keys(), self._settings()
        ngrok_path = keys.get("NGROK_PATH") or settings.ngrok_path.strip()
        return TunnelConfig(
            config_dir=self._config_dir,
            ngrok_path=Path(ngrok_path) if ngrok_path else None,
            authtoken=keys.get("NGROK_AUTHTOKEN"),
            domain=settings.domain,
            base_url=keys.get("BASE_URL"),
            is_checked=settings.is_checked,
        )

    def _on_reached(self, reached: Reached) -> None:
        """Show an address of the person's own, and what is doubtful about it, once."""
        told = f"{reached.public_url} {reached.note}"
        if told in self._shown:
            return
        self._shown.add(told)
        if reached.note:
            self._publish(
                Notice(
                    level="attention",
                    sentence=reached.note,
                    next_step="Check BASE_URL or the address that the launch was given.",
                )
            )
        elif reached.is_proven:
            self._publish(
                Notice(
                    level="info",
                    sentence=f"Meeting bots reach SpeakDesk at {host_of(reached.public_url)}; "
                    "checked from outside.",
                )
            )

    def _on_refused(self, count: int) -> None:
        # One may be anybody's slip; ten are a bot that still dials, or a search for an opening.
        if count >= REFUSED_TO_TELL:
            self._publish(
                Notice(
                    level="attention",
                    sentence=f"{count} callers without a valid secret were turned away: a bot of "
                    "an earlier session that still dials, or somebody who guesses.",
                    next_step="Nothing was let in. Look in the provider's dashboard for bots that "
                    "are still in a meeting.",
                )
            )

    def _on_chosen(self, path: Path) -> None:
        from speakdesk.gateway.ngrok_files import default_agent_path

        # Where it is looked for anyway there is nothing to keep.
        is_usual = path == default_agent_path() and not self._settings().ngrok_path
        if self._on_agent is not None and not is_usual:
            self._on_agent(path)

    def _on_lost(self, problem: Problem, _: str) -> None:
        self._publish(
            Notice(level="attention", sentence=problem.sentence, next_step=problem.next_step)
        )

    def _on_reopened(self, reopened: Reopened) -> None:
        if reopened.is_same_name:
            self._publish(
                Notice(
                    level="info",
                    sentence="The tunnel is open again under the same name; the bots in meetings "
                    "come back by themselves.",
                )
            )
        else:
            self._publish(
                Notice(
                    level="attention",
                    sentence="The tunnel is open again, under another name: bots that are in "
                    "meetings cannot come back.",
                    next_step="Send them again. With a reserved name of your ngrok account they "
                    "come back by themselves.",
                )
            )
            self._on_moved()


def _import_server() -> None:
    import uvicorn  # noqa: F401
