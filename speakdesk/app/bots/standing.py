"""How a bot stands: its life, what a face shows of it, and the events that tell of each change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loguru import logger

from speakdesk.domain.bot import BotLife, BotState, Evidence
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem
from speakdesk.domain.events import (
    BotEvidence,
    BotProblem,
    BotStateChanged,
    BotStatusChanged,
    Event,
)
from speakdesk.domain.launch import BotView


class BotStanding:
    """Moves one bot's life along the legal moves and tells everybody; `view` is always current."""

    def __init__(self, view: BotView, publish: Callable[[Event], None], clock: Clock) -> None:
        self.view = view
        self.life = BotLife(state=view.state, since=view.since)
        self._publish = publish
        self._clock = clock
        self._log = logger.bind(bot_id=view.bot_id)

    def change(self, **fields: Any) -> None:
        """Replace fields of the view; nobody is told."""
        self.view = replace(self.view, **fields)

    def show(self, **fields: Any) -> None:
        """Replace fields of the view and, where that changes anything, tell it."""
        before = self.view
        self.change(**fields)
        if self.view != before and not self.life.state.is_final:
            raw = f" ({self.view.provider_status})" if self.view.provider_status else ""
            self._log.info("{}{}", self.life.state.value.replace("_", " "), raw)
            self._publish(
                BotStatusChanged(
                    at=self._clock.now(),
                    bot_id=self.view.bot_id,
                    state=self.life.state,
                    provider_status=self.view.provider_status,
                    advice=self.view.advice,
                )
            )

    def begin(self) -> None:
        """Tell of the first state."""
        self._tell_state(None)

    def move(self, state: BotState, **fields: Any) -> None:
        """Go to `state` and tell it, with `fields` of the view replaced.

        A move that is not legal is only logged, a state the bot is in already only shown.
        """
        previous = self.life.state
        if state is previous:
            self.show(**fields)
            return
        if not self.life.can_move(state):
            logger.warning("bot {} stays {}: no way to {}", self.view.bot_id, previous, state)
            return
        self.change(**fields)
        self.life.move(state, self._clock.now())
        self._tell_state(previous)

    def prove(self, evidence: Evidence, detail: str) -> None:
        """Note a fact and tell it, the first time it is proven."""
        now = self._clock.now()
        if self.life.prove(evidence, now, detail):
            self.change(marks=tuple(self.life.marks.values()))
            self._log.info("proven: {}, {}", evidence.value.replace("_", " "), detail)
            self._publish(
                BotEvidence(at=now, bot_id=self.view.bot_id, evidence=evidence, detail=detail)
            )

    def trouble(self, problem: Problem) -> None:
        """Something is wrong that the bot lives on with."""
        self.change(troubles=(*self.view.troubles, problem))
        self._publish(BotProblem(bot_id=self.view.bot_id, problem=problem))

    def recover(self, problem: Problem | None) -> None:
        """That trouble is over; None, where there was none, tells nothing."""
        if problem is None:
            return
        self.change(troubles=tuple(t for t in self.view.troubles if t != problem))
        self._publish(BotProblem(bot_id=self.view.bot_id, problem=problem, recovered=True))

    def _tell_state(self, previous: BotState | None) -> None:
        state = self.life.state
        since = self.life.since or self._clock.now()
        self.change(state=state, since=since)
        cause = f": {self.view.cause}" if self.view.cause else ""
        self._log.info("{}{}", state.value.replace("_", " "), cause)
        self._publish(
            BotStateChanged(
                at=since,
                bot_id=self.view.bot_id,
                state=state,
                previous=previous,
                provider_status=self.view.provider_status,
                name=self.view.name,
                persona=self.view.persona,
                meeting_id=self.view.meeting_id,
                cause=self.view.cause,
            )
        )
