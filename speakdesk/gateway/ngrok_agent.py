"""The ngrok agent as the tunnel uses it: opened within a bound, watched, closed.

Protocol: ../shared/facts/pyngrok.md. Its log lines about the session are those of the agent itself
("session closed, starting reconnect loop", "client session established").
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.background import call_in_loop, in_daemon_thread
from speakdesk.gateway.ngrok_files import clear_leftovers, find_agent
from speakdesk.gateway.ngrok_problems import problem_from_words, without_secrets
from speakdesk.gateway.ngrok_process import AgentRun, agent_errors, api_request
from speakdesk.gateway.tunnel_config import TunnelConfig, TunnelTiming

if TYPE_CHECKING:
    from pyngrok.log import NgrokLog

ENDPOINT = "speakdesk"

_HEALTHY_LINES = frozenset(
    {"starting web service", "client session established", "tunnel session started"}
)
_SESSION_LOST = ("session closed, starting reconnect loop", "heartbeat timeout")
_SESSION_BACK = "client session established"
_LONGEST_PLAIN_ERROR = 2000
_OLD_FORMAT = "unknown version '3'"


class _TooOldForFormat3(Exception):
    """The agent wants the older configuration and API."""


class NgrokAgent:
    """One public address by one agent process; serves once.

    Close it in the end, also after an opening that failed.
    `on_session` hears that the agent lost ngrok's servers (a Problem) or found them again (None).
    `ended` is set once the agent died or no longer serves our address; `problem` then says why.
    """

    def __init__(
        self,
        config: TunnelConfig,
        timing: TunnelTiming,
        on_session: Callable[[Problem | None], None],
    ) -> None:
        self.ended = asyncio.Event()
        self.problem: Problem | None = None
        self._config = config
        self._timing = timing
        self._on_session = on_session
        self._run: AgentRun | None = None
        self._watch: asyncio.Task[None] | None = None
        self._lines: set[str] = set()
        self._settled = asyncio.Event()
        self._troubled = asyncio.Event()
        self._look_now = asyncio.Event()
        self._has_session = True
        self._error = ""
        self._plain_error = ""
        self._public_url = ""

    async def open(self, local_port: int) -> str:
        """Start the agent, lead a public address to `local_port`, and watch it; the address.

        Bounded by the timing, whatever the agent does. Raises GatewayError.
        """
        path = await in_daemon_thread(self._prepare, "ngrok files")
        try:
            try:
                await self._start(path, "3")
            except _TooOldForFormat3:
                logger.info("this ngrok agent needs the older configuration format")
                await self._end_run()
                await self._start(path, "2")
            self._error = self._plain_error = ""
            self._public_url = await self._create(local_port)
        except BaseException:
            if self._run is not None:
                self._run.kill()
            raise
        self._watch = asyncio.get_running_loop().create_task(self._look(), name="ngrok watch")
        return self._public_url

    async def close(self) -> None:
        """End the agent and remove its configuration; safe to call twice."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
        await self._end_run()

    def _prepare(self) -> Path:
        path = find_agent(self._config)
        clear_leftovers(self._config.config_dir)
        return path

    async def _start(self, path: Path, api_version: str) -> None:
        run = self._run = AgentRun(path, self._config, api_version)
        self._lines.clear()
        self._settled.clear()
        self._troubled.clear()
        self._error = self._plain_error = ""
        loop = asyncio.get_running_loop()

        def on_line(line: NgrokLog) -> None:
            call_in_loop(loop, self._take_line, run, line.lvl, line.msg or "", line.err, line.line)

        starting = in_daemon_thread(lambda: run.start(on_line), "ngrok start")
        if not await self._is_started(starting):
            run.kill()
            await asyncio.wait([starting], timeout=self._timing.stop_s)
            is_old = self._settled.is_set() or _OLD_FORMAT in self._plain_error
            if is_old and api_version == "3":
                raise _TooOldForFormat3
            raise GatewayError(self._silence())
        try:
            starting.result()
        except agent_errors() as e:
            words = getattr(e, "ngrok_error", None) or self._error or self._plain_error or str(e)
            if _OLD_FORMAT in words and api_version == "3":
                raise _TooOldForFormat3 from None
            raise GatewayError(self._problem(words)) from None

    async def _is_started(self, starting: asyncio.Future[None]) -> bool:
        """True when pyngrok came to an end by itself, False when the time for that is over."""
        loop = asyncio.get_running_loop()
        settled = loop.create_task(self._settled.wait())
        troubled = loop.create_task(self._troubled.wait())
        ready: set[asyncio.Future[Any]] = {starting, settled}
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait(
                {*ready, troubled}, timeout=self._timing.startup_s, return_when=first
            )
            if troubled.done():
                await asyncio.wait(ready, timeout=self._timing.patience_s, return_when=first)
            if settled.done():
                await asyncio.wait({starting}, timeout=self._timing.settle_s)
            return starting.done()
        finally:
            settled.cancel()
            troubled.cancel()

    async def _create(self, local_port: int) -> str:
        """Ask the agent for the public address. Raises GatewayError."""
        run = self._run
        assert run is not None
        upstream = f"http://127.0.0.1:{local_port}"
        asked: dict[str, Any] = {"name": ENDPOINT}
        if run.api_version == "3":
            asked["upstream"] = {"url": upstream}
            if self._config.domain:
                asked["url"] = f"https://{self._config.domain}"
        else:
            asked.update(addr=upstream, proto="http")
            if self._config.domain:
                asked["domain"] = self._config.domain
        try:
            made = await self._ask("POST", asked)
        except agent_errors() as e:
            if isinstance(e, ValueError):
                raise GatewayError(self._odd("Its answer is not JSON.")) from None
            raise GatewayError(self._problem(_words_of(e))) from None
        url = _url_of(made)
        if not url:
            raise GatewayError(self._odd("Its answer names no public address."))
        return url

    async def _ask(self, method: str, data: dict[str, Any] | None = None) -> Any:
        """One request to the agent's API, bounded. Raises as `api_request`, or TimeoutError."""
        run = self._run
        assert run is not None
        wait_s = self._timing.request_s
        asking = in_daemon_thread(lambda: api_request(run, method, data, wait_s), "ngrok request")
        async with asyncio.timeout(2 * wait_s):
            return await asking

    async def _look(self) -> None:
        """Watch until the agent died or lost our address; then set `ended`."""
        loop = asyncio.get_running_loop()
        run = self._run
        assert run is not None
        looked_at = loop.time()
        misses = 0
        while run.is_alive:
            if self._look_now.is_set() or loop.time() - looked_at >= self._timing.verify_s:
                back = self._look_now.is_set()
                self._look_now.clear()
                looked_at = loop.time()
                is_listed = await self._is_listed() if self._has_session else True
                misses = misses + 1 if is_listed is None else 0
                if is_listed is False:
                    self._end(problem_from_words("ERR_NGROK_3200"))
                    return
                if misses >= self._timing.misses:
                    self._end(self._odd("It stopped answering on this computer."))
                    return
                if back and is_listed and self._has_session:
                    self._on_session(None)
            try:
                async with asyncio.timeout(self._timing.poll_s):
                    await self._look_now.wait()
            except TimeoutError:
                continue
        self._end(self._died())

    async def _is_listed(self) -> bool | None:
        """Whether the agent still serves our address; None where it does not answer."""
        try:
            listed = await self._ask("GET")
        except agent_errors():
            return None
        if not isinstance(listed, Mapping):
            return None
        found = listed.get("endpoints", listed.get("tunnels"))
        if not isinstance(found, list):
            return None
        return any(_url_of(one) == self._public_url for one in found)

    def _take_line(
        self, run: AgentRun, level: str, message: str, error: str | None, line: str
    ) -> None:
        """One log line of the agent, on the loop."""
        if run is not self._run:
            return
        token = self._config.authtoken
        shown = without_secrets(line, token)
        logger.debug("ngrok: {}", shown)
        if level in ("ERROR", "CRITICAL"):
            self._error = without_secrets(error or line, token)
            self._troubled.set()
        elif line.startswith("ERROR") and len(self._plain_error) < _LONGEST_PLAIN_ERROR:
            self._plain_error += without_secrets(line.removeprefix("ERROR:"), token) + " "
            self._troubled.set()
        self._lines.update(known for known in _HEALTHY_LINES if known in message)
        if self._lines == _HEALTHY_LINES:
            self._settled.set()
        if not self._public_url:
            return
        if any(lost in message for lost in _SESSION_LOST) and self._has_session:
            self._has_session = False
            self._on_session(self._session_lost(error or message))
        elif _SESSION_BACK in message and not self._has_session:
            self._has_session = True
            self._error = ""
            self._look_now.set()

    async def _end_run(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        ending = in_daemon_thread(lambda: run.stop(self._timing.stop_s), "ngrok end")
        await asyncio.wait([ending], timeout=4 * self._timing.stop_s + 1)
        if not ending.done():
            logger.warning("the ngrok agent did not end in time")

    def _end(self, problem: Problem) -> None:
        self.problem = problem
        self.ended.set()

    def _problem(self, words: str) -> Problem:
        return problem_from_words(words, self._config.authtoken)

    def _silence(self) -> Problem:
        if self._settled.is_set():
            return self._odd("Its local API does not answer.")
        if self._error or self._plain_error:
            return self._problem(self._error or self._plain_error)
        return Problem(
            Stage.TUNNEL,
            Reason.TIMEOUT,
            "The ngrok agent started but did not open a connection within "
            f"{self._timing.startup_s:.0f} seconds; the network may block it.",
            "Check the network or the firewall, then launch again.",
            is_permanent=False,
        )

    def _odd(self, words: str) -> Problem:
        return Problem(
            Stage.TUNNEL,
            Reason.PROTOCOL,
            "The ngrok agent runs, but SpeakDesk cannot work with it.",
            "Run `ngrok update`, or let SpeakDesk download the present agent, then launch again.",
            words,
            is_permanent=False,
        )

    def _died(self) -> Problem:
        if self._error or self._plain_error:
            return self._problem(self._error or self._plain_error)
        return Problem(
            Stage.TUNNEL,
            Reason.CRASHED,
            "The ngrok agent ended, and with it the way in from meetings.",
            "SpeakDesk opens it again by itself.",
            is_permanent=False,
        )

    def _session_lost(self, words: str) -> Problem:
        return Problem(
            Stage.TUNNEL,
            Reason.CONNECTIVITY,
            "The ngrok agent lost its connection to ngrok; this computer may be offline.",
            "Nothing to do: it connects again by itself once the network is back.",
            without_secrets(words, self._config.authtoken),
            is_permanent=False,
        )


def _words_of(error: Exception) -> str:
    """The reason inside the API's JSON error, else all that was said."""
    said = getattr(error, "body", None) or str(error)
    try:
        details = json.loads(said).get("details", {})
        return str(details["err"])
    except (ValueError, AttributeError, TypeError, KeyError):
        return said


def _url_of(endpoint: object) -> str:
    if not isinstance(endpoint, Mapping):
        return ""
    url = endpoint.get("url") or endpoint.get("public_url") or ""
    is_address = isinstance(url, str) and url.startswith(("https://", "http://"))
    return url.rstrip("/") if is_address else ""
