"""The tunnel: one public way in for all bots (design §7).

Opened when the first bot needs it, checked from outside, watched, reopened with back-off, closed
with the last bot.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loguru import logger

from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.domain.events import TunnelState
from speakdesk.gateway.addresses import public_base, websocket_base
from speakdesk.gateway.agent_supply import AgentSupply
from speakdesk.gateway.given import GivenAddresses, reach_or_doubt
from speakdesk.gateway.ngrok_agent import NgrokAgent
from speakdesk.gateway.outside import Reached, reach_from_outside
from speakdesk.gateway.probes import Probes
from speakdesk.gateway.tunnel_config import TunnelConfig, TunnelTiming
from speakdesk.gateway.tunnel_state import Phase, Reopened

if TYPE_CHECKING:
    import httpx

__all__ = ["Phase", "Reached", "Reopened", "Tunnel", "TunnelConfig", "TunnelTiming"]

T = TypeVar("T")


class Tunnel:
    """One public address, shared by all bots.

    `public_url` is the address while it is open, else empty; `reached` the last proof from outside.
    `config` may be replaced at any time and counts from the next opening on. `probes` are those of
    the listener behind the tunnel. `on_lost` gets why and the address that is gone, `on_reopened`
    the new one, `on_reached` what each check of a person's own address found, `on_agent` the path
    of an agent that the person chose; all run on the loop's thread, as `publish` does. `supply`
    finds the agent; give it an `asker` where a person can be asked.
    """

    def __init__(
        self,
        config: TunnelConfig,
        publish: Callable[[TunnelState], None],
        probes: Probes,
        *,
        clock: Clock | None = None,
        timing: TunnelTiming | None = None,
        on_lost: Callable[[Problem, str], None] | None = None,
        on_reopened: Callable[[Reopened], None] | None = None,
        on_reached: Callable[[Reached], None] | None = None,
        on_agent: Callable[[Path], None] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.config = config
        self.supply = AgentSupply(self._on_fraction, on_agent)
        self.on_lost = on_lost
        self.on_reopened = on_reopened
        self.state = TunnelState(state=Phase.CLOSED)
        self.public_url = ""
        self.reached: Reached | None = None
        self.users = 0
        self._publish = publish
        self._probes = probes
        self._clock = clock or SystemClock()
        self._timing = timing or TunnelTiming()
        self._http = http
        self._on_reached = on_reached or _ignore
        self._given = GivenAddresses(self._reach_given, self._on_reached)
        self._port = 0
        self._agent: NgrokAgent | None = None
        self._lost_url = ""
        self._endings: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[str] | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def phase(self) -> Phase:
        """Where the tunnel is."""
        return Phase(self.state.state)

    @property
    def websocket_base(self) -> str:
        """The same address as a bot dials it (wss)."""
        return websocket_base(self.public_url) if self.public_url else ""

    @asynccontextmanager
    async def use(self, local_port: int, given_url: str = "") -> AsyncIterator[str]:
        """The public base address for one bot, for as long as the block runs.

        `given_url` is the launch's own address: it wins, and no tunnel is opened for it. Raises
        GatewayError.
        """
        if given_url.strip():
            base = public_base(given_url)
            if not self.config.is_checked:
                yield base
                return
            async with self._given.use(base):
                yield base
            return
        base = await self.acquire(local_port)
        try:
            yield base
        finally:
            await self.release()

    async def acquire(self, local_port: int) -> str:
        """Count one more user and return the public base address, opening it where needed.

        Every call that returned needs one `release`. Raises GatewayError (then none).
        """
        self.users += 1
        try:
            return await self.open(local_port)
        except BaseException:
            await self.release()
            raise

    async def release(self) -> None:
        """Count one user less; the last one closes the tunnel."""
        if self.users == 0:
            return
        self.users -= 1
        if self.users == 0:
            await self.close()

    async def open(self, local_port: int) -> str:
        """Open the way in to `local_port` unless it is open; returns the public base address.

        Many callers at once share one attempt. Raises GatewayError.
        """
        if self._port != local_port and self._agent is not None:
            self.public_url = ""
            await self._shut()
        self._port = local_port
        if self.public_url:
            return self.public_url
        try:
            return await self._attempt()
        except GatewayError:
            self._keep_reopening()
            raise

    async def close(self) -> None:
        """End the tunnel and whatever is opening it; a failure stays visible in `state`."""
        self.users = 0
        self.public_url = self._lost_url = ""
        await self._shut()
        is_opened_anew = self._opening is not None
        if not is_opened_anew and self.phase not in (Phase.CLOSED, Phase.FAILED):
            self._say(Phase.CLOSED)

    async def check_from_outside(self) -> Reached:
        """Ask ourselves through the public name of the open tunnel, within a bounded time.

        The tunnel stays open whatever comes out. Raises GatewayError with what was wrong.
        """
        base = self.public_url
        if not base:
            raise GatewayError(_closed())
        self._say(Phase.CHECKING, base)
        problem: Problem | None = None
        try:
            return await self._reach(base, is_new=False)
        except GatewayError as e:
            problem = e.problem
            raise
        finally:
            if self.phase is Phase.CHECKING:
                self._say(Phase.OPEN, base, problem)

    async def _attempt(self) -> str:
        """One opening, shared by all who wait for it. Raises GatewayError."""
        if self._opening is None or self._opening.done():
            self._opening = self._spawn(self._bring_up(), "tunnel opening")
        opening = self._opening
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            waiter = asyncio.current_task()
            if opening.cancelled() and waiter is not None and not waiter.cancelling():
                raise GatewayError(_closed()) from None
            raise

    async def _bring_up(self) -> str:
        self._say(Phase.OPENING)
        self._let_go(self._agent)
        agent: NgrokAgent | None = None
        try:
            await self._all_ended()
            if self.config.base_url.strip():
                base = public_base(self.config.base_url)
            else:
                path = await self.supply.find(self.config)
                if self.phase is Phase.FETCHING:
                    self._say(Phase.OPENING)
                config = replace(self.config, ngrok_path=path)
                agent = self._agent = NgrokAgent(config, self._timing, self._on_session)
                base = await agent.open(self._port)
            if self.config.is_checked:
                self._say(Phase.CHECKING, base)
                await self._check_new(base, agent)
        except GatewayError as e:
            self._let_go(agent)
            await self._all_ended()
            comes_back = self._lost_url and not e.problem.is_permanent
            self._say(Phase.LOST if comes_back else Phase.FAILED, self._lost_url, e.problem)
            raise
        except asyncio.CancelledError:
            self._let_go(agent)
            raise
        if agent is not None:
            self._following = self._spawn(self._follow(agent), "tunnel watch")
        self._is_open_again(base)
        return base

    async def _check_new(self, base: str, agent: NgrokAgent | None) -> None:
        """Check an address that was just opened; an agent that dies meanwhile ends the wait."""
        if agent is None:
            self._on_reached(await reach_or_doubt(base, self._reach_given))
            return
        reaching = self._spawn(self._reach(base, is_new=True), "tunnel check")
        ended = self._spawn(agent.ended.wait(), "tunnel agent end")
        try:
            await asyncio.wait({reaching, ended}, return_when=asyncio.FIRST_COMPLETED)
            if agent.ended.is_set() and agent.problem is not None:
                raise GatewayError(agent.problem)
            reaching.result()
        finally:
            reaching.cancel()
            ended.cancel()
            await asyncio.wait({reaching, ended})

    async def _reach_given(self, base: str) -> Reached:
        return await self._reach(base, is_new=False)

    async def _reach(self, base: str, *, is_new: bool) -> Reached:
        reached = await reach_from_outside(
            base,
            self._probes,
            wait_s=self._timing.check_s,
            pause_s=self._timing.check_pause_s,
            is_new=is_new,
            http=self._http,
            clock=self._clock,
        )
        if reached.note:
            logger.warning("{}", reached.note)
        self.reached = reached
        return reached

    async def _follow(self, agent: NgrokAgent) -> None:
        """Wait for the agent's end, tell it, and see to the reopening."""
        await agent.ended.wait()
        if agent is not self._agent or agent.problem is None:
            return
        logger.warning("the tunnel is lost: {}", agent.problem.sentence)
        self._is_lost(agent.problem)
        self._keep_reopening()

    def _on_session(self, problem: Problem | None) -> None:
        """The agent lost or found ngrok's servers, by itself."""
        if problem is not None and self.public_url:
            self._is_lost(problem)
        elif problem is None and self.phase is Phase.LOST and self._agent is not None:
            self._is_open_again(self._lost_url)

    def _is_lost(self, problem: Problem) -> None:
        was_open = bool(self.public_url)
        if was_open:
            self._lost_url, self.public_url = self.public_url, ""
        self._say(Phase.LOST, self._lost_url, problem)
        if was_open and self.on_lost is not None:
            self.on_lost(problem, self._lost_url)

    def _is_open_again(self, base: str) -> None:
        previous, self._lost_url = self._lost_url, ""
        self.public_url = base
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        self._say(Phase.OPEN, base)
        if previous:
            logger.info("the tunnel is open again, same name: {}", previous == base)
            if self.on_reopened is not None:
                self.on_reopened(Reopened(base, previous))

    def _keep_reopening(self) -> None:
        if self.phase is Phase.LOST and (self._reopening is None or self._reopening.done()):
            self._reopening = self._spawn(self._reopen(), "tunnel reopening")

    async def _reopen(self) -> None:
        """Try again and again, the pauses growing, until it is open or cannot ever be."""
        pauses = self._timing.backoff_s
        for pause_s in itertools.chain(pauses, itertools.repeat(pauses[-1])):
            await asyncio.sleep(pause_s)
            if self.public_url:
                return
            try:
                await self._attempt()
                return
            except GatewayError as e:
                logger.info("the tunnel did not open again: {}", e.problem.sentence)
                if e.problem.is_permanent:
                    return

    async def _shut(self) -> None:
        """End every task of the tunnel, and the agent."""
        self._let_go(self._agent)
        tasks = [t for t in (self._reopening, self._opening, self._following) if t is not None]
        self._reopening = self._opening = self._following = None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._all_ended()

    def _let_go(self, agent: NgrokAgent | None) -> None:
        """Begin to end an agent; it is ours no more."""
        if agent is None:
            return
        if self._agent is agent:
            self._agent = None
        ending = self._spawn(agent.close(), "tunnel agent end")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _all_ended(self) -> None:
        """Wait for the agents that are being ended: one program runs once at a time."""
        while self._endings:
            await asyncio.wait(self._endings)

    def _on_fraction(self, fraction: float) -> None:
        self._say(Phase.FETCHING, fraction=fraction)

    def _say(
        self,
        phase: Phase,
        public_url: str = "",
        problem: Problem | None = None,
        fraction: float | None = None,
    ) -> None:
        self.state = TunnelState(
            at=self._clock.now(),
            state=phase,
            public_url=public_url,
            problem=problem,
            fraction=fraction,
        )
        self._publish(self.state)

    def _spawn(self, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(coro, name=name)
        task.add_done_callback(_report)
        return task


def _ignore(_: Reached) -> None:
    """Nobody wants to know."""


def _closed() -> Problem:
    return Problem(
        Stage.TUNNEL,
        Reason.UNAVAILABLE,
        "The tunnel is closed.",
        "Launch a bot; that opens it.",
        is_permanent=False,
    )


def _report(task: asyncio.Task[Any]) -> None:
    """Log what a task of the tunnel raised by mistake; a GatewayError reaches its waiter."""
    if task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, GatewayError):
        logger.opt(exception=error).error("{} failed", task.get_name())
