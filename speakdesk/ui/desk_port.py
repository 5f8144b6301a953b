"""The Desk as the window sees it: what a face may ask for, and nothing else of the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from speakdesk.domain.events import Event
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.meeting import Platform
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import SpeechPlan, SpeechWish

Unsubscribe = Callable[[], None]


class Bus(Protocol):
    """Where events come from, on the loop's thread and in order."""

    def subscribe(self, callback: Callable[[Event], None], /) -> Unsubscribe: ...


class PersonaShelf(Protocol):
    """The persona library."""

    def all(self) -> tuple[Persona, ...]: ...

    def get(self, key: str, /) -> Persona: ...


class ProviderRow(Protocol):
    """One meeting-bot provider in the combo box."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def platforms(self) -> frozenset[Platform]: ...

    @property
    def is_ready(self) -> bool: ...

    @property
    def why(self) -> str: ...


class LevelPair(Protocol):
    """How loud it is now, 0..1."""

    @property
    def heard(self) -> float: ...

    @property
    def spoken(self) -> float: ...


class PracticeDoor(Protocol):
    """The person's own place in the practice room."""

    @property
    def is_open(self) -> bool: ...

    async def say(self, text: str, /) -> None: ...

    def feed_microphone(self, pcm: bytes, rate_hz: int, /) -> None: ...

    def listen(self, callback: Callable[[bytes], None], /) -> Unsubscribe: ...


class DeskPort(Protocol):
    """The running application."""

    @property
    def bus(self) -> Bus: ...

    @property
    def personas(self) -> PersonaShelf: ...

    @property
    def history(self) -> Any: ...

    @property
    def settings(self) -> Any: ...

    @property
    def practice(self) -> PracticeDoor: ...

    @property
    def bots(self) -> Mapping[str, BotView]: ...

    @property
    def is_warm(self) -> bool: ...

    async def open(self) -> None: ...

    async def warm(self) -> None: ...

    async def close(self) -> None: ...

    def providers(self) -> tuple[Any, ...]: ...

    def plan(self, persona_key: str, wish: SpeechWish = ...) -> SpeechPlan: ...

    def plan_sentence(self, plan: SpeechPlan, /) -> str: ...

    async def launch(self, launch: Launch, /) -> tuple[str, ...]: ...

    async def leave(self, bot_id: str, /) -> None: ...

    async def leave_all(self) -> None: ...

    async def hush(self, bot_id: str, /) -> None: ...

    async def hush_all(self) -> None: ...

    async def say(self, bot_id: str, text: str, /) -> None: ...

    async def send_chat(self, bot_id: str, text: str, /) -> None: ...

    def levels(self, bot_id: str, /) -> Any: ...

    async def checks(self) -> tuple[Any, ...]: ...
