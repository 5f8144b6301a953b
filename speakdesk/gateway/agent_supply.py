"""The agent at hand: found, or with the person's word fetched or shown where it is.

Nothing is downloaded unasked, and nothing is asked before there is a token to open a tunnel with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.domain.tunnel import AgentAsker, AgentChoice, AgentOffer
from speakdesk.gateway.background import in_daemon_thread
from speakdesk.gateway.ngrok_download import (
    download_agent,
    size_of_agent,
    source_of_agent,
    version_of,
)
from speakdesk.gateway.ngrok_files import default_agent_path, find_agent, require_token
from speakdesk.gateway.tunnel_config import TunnelConfig

_SIZE_PATIENCE_S = 4.0


class AgentSupply:
    """Finds the agent's program, and asks through `asker` where there is none.

    `asker` may be set at any time; without one a missing agent is a Problem. `on_fraction` hears
    how much of a download is there (0..1). `on_chosen` gets the path that the person gave, or that
    it was fetched to, so that it can be kept.
    """

    def __init__(
        self, on_fraction: Callable[[float], None], on_chosen: Callable[[Path], None] | None = None
    ) -> None:
        self.asker: AgentAsker | None = None
        self._on_fraction = on_fraction
        self._on_chosen = on_chosen
        self._chosen: Path | None = None
        self._fetching: asyncio.Task[str] | None = None

    async def find(self, config: TunnelConfig) -> Path:
        """The program. Raises GatewayError where there is none and the person wants none."""
        await in_daemon_thread(lambda: require_token(config), "ngrok token")
        try:
            return await in_daemon_thread(lambda: self._look(config), "ngrok search")
        except GatewayError as e:
            missing = e.problem
        if missing.reason is not Reason.MISSING and config.ngrok_path is None:
            raise GatewayError(missing)
        if self.asker is None:
            raise GatewayError(_by_hand(missing))
        # Where the person named a path, its being wrong is part of the question.
        told = missing if config.ngrok_path is not None else None
        return await self._ask(self.asker, told)

    def cancel_fetch(self) -> None:
        """Stop a download; the launch that waits for it ends with a Problem. Else nothing."""
        if self._fetching is not None:
            self._fetching.cancel()

    async def _ask(self, ask: AgentAsker, problem: Problem | None) -> Path:
        source = await in_daemon_thread(source_of_agent, "ngrok source")
        target = await in_daemon_thread(default_agent_path, "ngrok path")
        size = await _size(source)
        while True:
            answer = await ask(AgentOffer(source, str(target), size, problem))
            try:
                if answer.choice is AgentChoice.FETCH:
                    path = await self._fetch(target)
                elif answer.choice is AgentChoice.USE:
                    path = await _usable(answer.path)
                else:
                    raise GatewayError(_declined())
            except _AskAgain as e:
                problem = e.problem
                continue
            self._chosen = path
            if self._on_chosen is not None:
                self._on_chosen(path)
            return path

    async def _fetch(self, target: Path) -> Path:
        self._on_fraction(0.0)
        fetching = self._fetching = asyncio.get_running_loop().create_task(
            download_agent(target, self._on_percent),
            name="ngrok download",
        )
        try:
            await asyncio.wait([fetching])
            if fetching.cancelled():
                raise GatewayError(_given_up())
            fetching.result()
        except GatewayError as e:
            if fetching.cancelled():
                raise
            raise _AskAgain(e.problem) from None
        finally:
            self._fetching = None
            fetching.cancel()
        return target

    def _on_percent(self, percent: int) -> None:
        # What a download that was stopped still tells is no news.
        if self._fetching is not None and not self._fetching.cancelling():
            self._on_fraction(percent / 100)

    def _look(self, config: TunnelConfig) -> Path:
        if self._chosen is not None and self._chosen.is_file():
            return self._chosen
        return find_agent(config)


class _AskAgain(Exception):
    """The answer did not lead to a program."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


async def _size(source: str) -> int | None:
    asking = in_daemon_thread(lambda: size_of_agent(source), "ngrok size")
    await asyncio.wait([asking], timeout=_SIZE_PATIENCE_S)
    return asking.result() if asking.done() else None


async def _usable(text: str) -> Path:
    """The program at a path that a person gave, tried. Raises _AskAgain."""
    text = text.strip().strip("\"'")
    if not text:
        raise _AskAgain(_no_agent("No path was given.", ""))
    path, version, words = await in_daemon_thread(lambda: _try(text), "ngrok version")
    if not version:
        raise _AskAgain(_no_agent(f"{path} is no ngrok agent that runs here.", words))
    logger.info("ngrok agent {} is used from the path that was given", version)
    return path


def _try(text: str) -> tuple[Path, str, str]:
    """The program that is meant, its version (empty where it is no agent) and its words. Blocks."""
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        path /= "ngrok.exe" if (path / "ngrok.exe").exists() else "ngrok"
    return (path, *version_of(path))


def _no_agent(sentence: str, words: str) -> Problem:
    return Problem(
        Stage.TUNNEL,
        Reason.BAD_INPUT,
        sentence,
        "Give the path of the program that `ngrok version` starts in a terminal.",
        words,
    )


_OTHER_WAYS = (
    "Install it from ngrok.com/download and set NGROK_PATH to its path, or give a public address "
    "of this computer with BASE_URL or --websocket-url."
)


def _by_hand(missing: Problem) -> Problem:
    return Problem(Stage.TUNNEL, missing.reason, missing.sentence, _OTHER_WAYS)


def _declined() -> Problem:
    return Problem(
        Stage.TUNNEL,
        Reason.MISSING,
        "Without the ngrok agent no tunnel can be opened, so meeting bots cannot reach SpeakDesk.",
        _OTHER_WAYS,
    )


def _given_up() -> Problem:
    return Problem(
        Stage.TUNNEL,
        Reason.MISSING,
        "The download of the ngrok agent was stopped, so no tunnel can be opened.",
        f"Launch again to be asked anew. {_OTHER_WAYS}",
    )
