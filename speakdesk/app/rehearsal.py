"""A scripted practice meeting: join, be greeted, say each turn and wait for the answer, leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError, Stage
from speakdesk.domain.events import BotStateChanged, Event, LineFinal
from speakdesk.domain.launch import Launch

ANSWER_TIMEOUT_S = 30.0
GREETING_TIMEOUT_S = 20.0
ADMISSION_TIMEOUT_S = 60.0
QUIET_S = 0.8
LEAVE_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing the participant does: say `text`, or play the sound file `wav`."""

    text: str = ""
    wav: Path | None = None

    def __str__(self) -> str:
        return f"“{self.text}”" if self.wav is None else self.wav.name


class RehearsalFailed(SpeakDeskError):
    """The practice meeting did not run as it should."""


class Rehearsal:
    """Runs practice meetings on a desk, one after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._changed = asyncio.Event()
        self._bot_lines = 0

    async def run(
        self,
        launch: Launch,
        turns: AsyncIterator[Turn],
        *,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        """Hold the meeting: every turn is answered before the next one begins.

        `on_ready` is called once the bots are in the call and have greeted. Raises SpeakDeskError
        where a bot fails or does not answer; the bots have left in any case.
        """
        unsubscribe = self._desk.bus.subscribe(self._on_event)
        bots = await self._desk.launch(launch)
        try:
            await self._until_in_call(bots)
            if any(self._greets(launch, bot) for bot in bots):
                await self._until_answered(bots, 0, GREETING_TIMEOUT_S, "greeted")
            if on_ready is not None:
                on_ready()
            async for turn in turns:
                before = self._bot_lines
                if turn.wav is None:
                    await self._desk.practice.say(turn.text)
                else:
                    await self._desk.practice.play_file(turn.wav)
                await self._until_answered(bots, before, ANSWER_TIMEOUT_S, f"answered {turn}")
                self._raise_failure(bots)
        finally:
            await self._leave(bots)
            unsubscribe()
        self._raise_failure(bots)

    def _greets(self, launch: Launch, bot_id: str) -> bool:
        if launch.greeting is not None:
            return bool(launch.greeting.strip())
        given = {persona.key: persona for persona in launch.given}
        key = self._desk.bots[bot_id].persona
        return bool((given.get(key) or self._desk.personas.get(key)).greeting)

    async def _until_in_call(self, bots: tuple[str, ...]) -> None:
        def all_in() -> bool:
            self._raise_failure(bots)
            return all(self._desk.bots[b].state is not BotState.PREPARING for b in bots) and all(
                self._desk.bots[b].state not in (BotState.JOINING, BotState.LOBBY) for b in bots
            )

        lobby_s = self._desk.practice.lobby_s
        await self._until(all_in, ADMISSION_TIMEOUT_S + lobby_s, "was let into the meeting")

    async def _until_answered(
        self, bots: tuple[str, ...], lines_before: int, timeout_s: float, what: str
    ) -> None:
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes with the result.
        try:
            async with asyncio.timeout(timeout_s):
                while self._bot_lines <= lines_before:
                    self._raise_absence(bots)
                    await self._next_change()
                await self._desk.practice.until_quiet(QUIET_S)
        except TimeoutError as e:
            raise _not_in_time(what, timeout_s) from e

    async def _until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._next_change()
        except TimeoutError as e:
            raise _not_in_time(what, timeout_s) from e

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _leave(self, bots: tuple[str, ...]) -> None:
        for bot in bots:
            await self._desk.leave(bot)
        await self._until(
            lambda: all(not self._desk.bots[b].is_live for b in bots), LEAVE_TIMEOUT_S, "left"
        )

    def _raise_failure(self, bots: tuple[str, ...]) -> None:
        for bot in bots:
            view = self._desk.bots[bot]
            if view.state is BotState.FAILED and view.problem is not None:
                raise RehearsalFailed(view.problem)

    def _raise_absence(self, bots: tuple[str, ...]) -> None:
        """Nobody is left to wait for."""
        self._raise_failure(bots)
        views = [self._desk.bots[bot] for bot in bots]
        if any(view.is_live for view in views):
            return
        causes = "; ".join(f"{view.name}: {view.cause}" for view in views)
        raise RehearsalFailed(
            Problem(
                Stage.CALL,
                Reason.REMOVED,
                f"The meeting ended before every turn was answered ({causes}).",
                "Start it again to go on.",
            )
        )

    def _on_event(self, event: Event) -> None:
        if isinstance(event, LineFinal) and event.is_bot:
            speaker = self._desk.bots.get(event.bot_id)
            # What one bot hears of another is told as a bot's line as well.
            self._bot_lines += speaker is not None and speaker.name == event.speaker
        if isinstance(event, (LineFinal, BotStateChanged)):
            self._changed.set()


def _not_in_time(what: str, timeout_s: float) -> RehearsalFailed:
    return RehearsalFailed(
        Problem(
            Stage.CALL,
            Reason.TIMEOUT,
            f"No bot {what} within {timeout_s:.0f} seconds.",
            "Run `speakdesk doctor` to see whether its speech services work.",
            is_permanent=False,
        )
    )
