"""What calendars need of the Desk, and nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.persona import Persona
from speakdesk.providers.base import MeetingProvider


class PersonaShelf(Protocol):
    """The persona library."""

    def get(self, key: str, /) -> Persona: ...


class CalendarHost(Protocol):
    """The part of the Desk that calendars need."""

    @property
    def personas(self) -> PersonaShelf: ...

    @property
    def bots(self) -> Mapping[str, BotView]: ...

    async def provider(self, key: str, /) -> MeetingProvider: ...

    async def launch(self, launch: Launch, /) -> tuple[str, ...]: ...

    async def leave(self, bot_id: str, /) -> None: ...

    def launch_of(self, bot_id: str, /) -> Launch: ...

    async def set_key(self, name: str, value: str) -> None: ...
