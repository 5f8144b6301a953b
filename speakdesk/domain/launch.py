"""A request for bots, and what the faces see of each bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from speakdesk.domain.bot import BotState, EvidenceMark
from speakdesk.domain.errors import Problem
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.speech import SpeechPlan, SpeechWish

RATES_HZ = (16000, 24000, 32000, 48000)


@dataclass(frozen=True, slots=True)
class Launch:
    """One click on Launch: which personas go into which meeting, through whom, and how.

    `tools` None leaves the choice to the persona and the settings; an empty tuple means none.
    `greeting` None speaks the persona's own; an empty one keeps the bot quiet until spoken to.
    `websocket_url` is a public address of this computer that wins over BASE_URL and the tunnel.
    """

    meeting: MeetingLink
    personas: tuple[str, ...]
    provider: str = "practice"
    rate_hz: int = 16000
    tools: tuple[str, ...] | None = None
    greeting: str | None = None
    speech: SpeechWish = field(default_factory=SpeechWish)
    websocket_url: str = ""


@dataclass(frozen=True, slots=True)
class BotView:
    """One bot as a face shows it; a new one replaces the old with every change."""

    bot_id: str
    name: str
    persona: str
    meeting: MeetingLink
    meeting_id: str
    provider: str
    state: BotState
    since: datetime
    created: datetime
    plan: SpeechPlan
    provider_bot_id: str = ""
    provider_status: str = ""
    marks: tuple[EvidenceMark, ...] = ()
    problem: Problem | None = None
    troubles: tuple[Problem, ...] = ()
    is_speaking: bool = False
    last_answer_ms: float | None = None
    line_count: int = 0
    cause: str = ""
    ended: datetime | None = None

    @property
    def is_live(self) -> bool:
        """True until the bot has reached a final state."""
        return not self.state.is_final
