"""A scripted provider and a scripted voice for tests of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.events import Event
from speakdesk.domain.meeting import PRACTICE_LINK, Platform
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, ServiceChoice, SpeechPlan
from speakdesk.pipeline.contract import Levels, VoiceOrder
from speakdesk.providers.base import Capability, JoinRequest, KeyCheck, KeyVerdict, ProviderStatus
from speakdesk.providers.wire import AudioCodec, MeetingSocket, SocketClosed

PLAN = SpeechPlan(
    ServiceChoice(Role.STT, "sphinx"),
    ServiceChoice(Role.LLM, "notes"),
    ServiceChoice(Role.TTS, "espeak"),
)
ADA = Persona("ada", "Ada", prompt="You are Ada.", metadata={"entry_message": "Hello."})
LINK = PRACTICE_LINK
KEYS = Keys()


def provider_error(reason: Reason = Reason.UNAVAILABLE, words: str = "boom") -> ProviderError:
    return ProviderError(Problem(Stage.PROVIDER, reason, "It did not work.", "Try again.", words))


@dataclass
class ScriptedProvider:
    """Says what the test set; `statuses` is the present status or an error to raise."""

    key: str = "scripted"
    name: str = "Scripted"
    capabilities: frozenset[Capability] = frozenset({Capability.AUDIO})
    platforms: frozenset[Platform] = frozenset(Platform)
    needs_public_url: bool = False
    now: ProviderStatus | ProviderError = field(
        default_factory=lambda: ProviderStatus("joining_call", BotState.JOINING)
    )
    create_error: ProviderError | None = None
    leave_error: ProviderError | None = None
    create_gate: asyncio.Event | None = None
    requests: list[JoinRequest] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    chats: list[str] = field(default_factory=list)
    created: asyncio.Event = field(default_factory=asyncio.Event)

    async def create(self, request: JoinRequest) -> str:
        self.requests.append(request)
        self.created.set()
        if self.create_gate is not None:
            await self.create_gate.wait()
        if self.create_error is not None:
            raise self.create_error
        return f"remote-{len(self.requests)}"

    async def status(self, provider_bot_id: str) -> ProviderStatus:
        if isinstance(self.now, ProviderError):
            raise self.now
        return self.now

    async def leave(self, provider_bot_id: str) -> None:
        self.left.append(provider_bot_id)
        if self.leave_error is not None:
            raise self.leave_error
        self.now = ProviderStatus("completed", BotState.ENDED)

    async def send_chat(self, provider_bot_id: str, text: str) -> None:
        self.chats.append(text)

    async def check(self) -> KeyCheck:
        return KeyCheck(KeyVerdict.NOT_NEEDED, "No key is needed.")

    def codec(self, rate_hz: int) -> AudioCodec:
        raise AssertionError("the scripted voice decodes nothing")

    async def aclose(self) -> None: ...


class ScriptedVoice:
    """Notes what it was asked to do."""

    def __init__(self, order: VoiceOrder, emit: Callable[[Event], None]) -> None:
        self.order = order
        self.emit = emit
        self.started = False
        self.stopped = False
        self.admissions = 0
        self.hushes = 0
        self.said: list[str] = []
        self.sockets: list[MeetingSocket] = []
        self.start_error: Exception | None = None

    async def start(self) -> None:
        if self.start_error is not None:
            raise self.start_error
        self.started = True

    async def attach(self, socket: MeetingSocket) -> None:
        self.sockets.append(socket)
        try:
            while True:
                await socket.receive()
        except SocketClosed:
            return

    async def admitted(self) -> None:
        self.admissions += 1

    async def say(self, text: str) -> None:
        self.said.append(text)

    async def hush(self) -> None:
        self.hushes += 1

    def levels(self) -> Levels:
        return Levels()

    async def stop(self) -> None:
        self.stopped = True


class FakeSocket:
    """A socket the test closes."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.sent: list[bytes | str] = []
        self.close_code: int | None = None

    async def receive(self) -> bytes | str:
        await self.closed.wait()
        raise SocketClosed(1006)

    async def send(self, message: bytes | str) -> None:
        self.sent.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.close_code = code
        self.closed.set()


class Seen:
    """Collects events and waits for one that fits."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def until(self, fits: Callable[[Event], bool]) -> Event:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if fits(event):
                        return event
                self._changed.clear()
                await self._changed.wait()

    async def state(self, state: BotState, bot_id: str = "") -> Event:
        return await self.until(
            lambda e: getattr(e, "state", None) is state and (not bot_id or e.bot_id == bot_id)
        )

    def kinds(self) -> list[str]:
        return [e.kind for e in self.events]
