"""A request for bots, and what the faces see of each bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from speakdesk.domain.bot import BotState, EvidenceMark
from speakdesk.domain.errors import Problem
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import SpeechPlan, SpeechWish

RATES_HZ = (16000, 24000, 32000, 48000)


class FloorPlace(StrEnum):
    """Where a bot stands among the bots of this desk in its meeting."""

    FREE = "free"
    HOLDS = "holds"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Launch:
    """One click on Launch: which personas go into which meeting, through whom, and how.

    `tools` None leaves the choice to the persona and the settings; an empty tuple means none.
    `greeting` None speaks the persona's own; an empty one keeps the bot quiet until spoken to.
    `websocket_url` is a public address of this computer that wins over BASE_URL and the tunnel.
    `names` are the bots' names in the personas' order; where one is missing or empty, the
    persona's is used, and a last one is the record-only bot's. `picture_url` is a public picture
    for all of them; empty, each persona's.
    `entry_message` is written into the meeting's chat on arrival, `greeting` is spoken.
    `add_recorder` sends one more bot that only joins and records. `join_at` (UTC) lets the
    provider send the bots at that time. `personas` may be empty where `add_recorder` is set.
    `options` None takes the settings' own; given ones are taken as they are.
    `flight` records the meeting (flight recorder), None as the settings say; into `flight_file`
    where one is given, several bots into -2, -3 … beside it.
    `given` are personas that no library holds (a bare prompt, unsaved text); where `personas` names
    one of their keys, it is that one.
    """

    meeting: MeetingLink
    personas: tuple[str, ...]
    provider: str = "practice"
    rate_hz: int = 16000
    tools: tuple[str, ...] | None = None
    greeting: str | None = None
    speech: SpeechWish = field(default_factory=SpeechWish)
    websocket_url: str = ""
    names: tuple[str, ...] = ()
    picture_url: str = ""
    entry_message: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    options: JoinOptions | None = None
    add_recorder: bool = False
    join_at: datetime | None = None
    flight: bool | None = None
    flight_file: Path | None = None
    given: tuple[Persona, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class BotView:
    """One bot as a face shows it; a new one replaces the old with every change.

    A record-only bot (`is_recorder`) has no persona and no plan. `join_at` is set while the bot
    waits for its time at the provider. `advice` is what the person can do about the present
    state ("ask the host to let it in"), empty where nothing. `is_flight_recorded` while this
    computer records the meeting; the provider's own recording is another thing.
    """

    bot_id: str
    name: str
    persona: str
    meeting: MeetingLink
    meeting_id: str
    provider: str
    state: BotState
    since: datetime
    created: datetime
    plan: SpeechPlan | None
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
    is_recorder: bool = False
    join_at: datetime | None = None
    is_recording_paused: bool = False
    is_flight_recorded: bool = False
    floor: FloorPlace = FloorPlace.FREE
    advice: str = ""

    @property
    def waits_at_provider(self) -> bool:
        """True for a scheduled bot that the provider itself sends at its time."""
        is_waiting = self.join_at is not None and self.state is BotState.PREPARING
        return is_waiting and bool(self.provider_bot_id)

    @property
    def is_live(self) -> bool:
        """True until the bot has reached a final state."""
        return not self.state.is_final
