"""What one bot's life is made from, and what it needs of the desk around it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from speakdesk.domain.clock import Clock
from speakdesk.domain.events import Event
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, SpeechPlan
from speakdesk.gateway.door import Door
from speakdesk.pipeline.contract import Voice, VoiceOrder
from speakdesk.providers.base import MeetingProvider


@dataclass(frozen=True, slots=True)
class BotOrder:
    """All that one bot's life is made from."""

    bot_id: str
    name: str
    persona: Persona
    meeting: MeetingLink
    meeting_id: str
    provider: MeetingProvider
    plan: SpeechPlan
    rate_hz: int
    greeting: str
    tools: tuple[str, ...]
    keys: Keys = field(repr=False)
    siblings: Callable[[], frozenset[str]] = frozenset


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a bot's life needs of the desk around it.

    `way_in` is open for as long as the bot lives; it says where the provider's bot dials.
    """

    publish: Callable[[Event], None]
    door: Door
    way_in: Callable[[], AbstractAsyncContextManager[str]]
    make_voice: Callable[[VoiceOrder, Callable[[Event], None]], Awaitable[Voice]]
    clock: Clock
    note_provider_bot: Callable[[str, str], None]
