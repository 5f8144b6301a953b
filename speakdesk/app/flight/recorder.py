"""The flight recorder: a meeting of one bot in one file, written as it happens.

Recording never gets in a bot's way: where a file cannot be written, recording stops with a Notice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

import speakdesk
from speakdesk.app.bots.order import BotOrder
from speakdesk.app.bus import EventBus
from speakdesk.app.tasks import spawn
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import Clock, to_iso
from speakdesk.domain.errors import Problem
from speakdesk.domain.events import BotStateChanged, Event, LogLine, Notice, RosterChanged
from speakdesk.domain.speech import ServiceChoice
from speakdesk.store.redaction import HIDDEN, KNOWN_SECRETS

if TYPE_CHECKING:
    from speakdesk.store.flight.format import Header, Record, Service
    from speakdesk.store.flight.names import Pseudonyms
    from speakdesk.store.flight.writer import FlightWriter

# A passcode shorter than this is too often a number that somebody said.
_SHORTEST_PASSCODE = 4
_ON_ITS_WAY = frozenset({BotState.JOINING, BotState.LOBBY, BotState.IN_CALL})


class FlightRecorder:
    """One bot's recording; what its voice and the event stream tell goes into one file."""

    def __init__(
        self,
        order: BotOrder,
        place: Callable[[], Path],
        bus: EventBus,
        clock: Clock,
        *,
        hides_names: bool,
        tell: Callable[[bool], None],
        on_closed: Callable[[], object],
    ) -> None:
        self._order = order
        self._place = place
        self._bus = bus
        self._clock = clock
        self._hides_names = hides_names
        self._tell = tell
        self._on_closed = on_closed
        self._writer: FlightWriter | None = None
        self._names: Pseudonyms | None = None
        self._is_over = False
        self._loop = asyncio.get_running_loop()
        self._passcode = order.meeting.passcode
        self._unsubscribe = bus.subscribe(self._on_event)

    @property
    def path(self) -> Path | None:
        """The file, once recording has begun."""
        return self._writer.path if self._writer is not None else None

    @property
    def is_recording(self) -> bool:
        """True while what happens is kept."""
        return self._writer is not None and self._writer.is_recording

    # -- what the voice tells ----------------------------------------------------------------------

    def opened(self, rate_hz: int) -> None:
        """A socket of the meeting opened, or named another rate."""
        self._socket("opened", rate_hz=rate_hz)

    def closed(self, code: int | None, reason: str) -> None:
        """The socket closed."""
        self._socket("closed", code=code or 0, reason=reason)

    def refused(self, reason: str) -> None:
        """A socket was turned away, or closed for what it sent."""
        self._socket("refused", reason=reason)

    def heard(self, pcm: bytes, rate_hz: int, speakers: Iterable[str]) -> None:
        """Sound came from the meeting."""
        if self._writer is not None:
            self._writer.heard(pcm, rate_hz, tuple(sorted(speakers)))

    def sent(self, pcm: bytes, rate_hz: int) -> None:
        """Sound went to the meeting."""
        if self._writer is not None:
            self._writer.sent(pcm, rate_hz)

    def discarded(self, pcm: bytes, rate_hz: int, on_wire_s: float) -> None:
        """Sound was dropped that would have been heard after what is on the wire."""
        if self._writer is not None:
            self._writer.discarded(pcm, rate_hz, on_wire_s)

    def _socket(self, change: str, rate_hz: int = 0, code: int = 0, reason: str = "") -> None:
        if self._writer is None:
            return
        from speakdesk.store.flight.format import SocketChange, SocketRecord

        words = self._safe(reason)
        now_s = self._writer.now_s
        self._writer.append(SocketRecord(now_s, SocketChange(change), rate_hz, code, words))

    # -- what the event stream tells ---------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if event.bot_id != self._order.bot_id or self._is_over:
            return
        if isinstance(event, BotStateChanged) and self._writer is None:
            self._begin_where_it_is_time(event.state)
        writer = self._writer
        if writer is None:
            return
        from speakdesk.store.flight.format import EventRecord, LogRecord

        if isinstance(event, LogLine):
            writer.append(LogRecord(writer.now_s, event.level, event.source, event.text))
            return
        if isinstance(event, Notice):
            return
        if self._names is not None and isinstance(event, RosterChanged):
            # Another bot of the desk may have come since.
            self._names.keep = self._bots()
        writer.append(EventRecord(writer.now_s, event.to_json()))
        if isinstance(event, BotStateChanged) and event.state.is_final:
            self._is_over = True
            self._tell(False)
            spawn(self.close(event.state.value), f"close the recording of {self._order.bot_id}")

    def _begin_where_it_is_time(self, state: BotState) -> None:
        # A bot that waits for its time is not in a meeting yet, and may never be.
        if self._order.join_at is None or state in _ON_ITS_WAY:
            self._begin()

    def _begin(self) -> None:
        from speakdesk.store.flight.writer import FlightWriter

        writer = self._writer = FlightWriter(
            self._place(),
            self._header(),
            self._clock,
            on_stopped=self._on_stopped_in_thread,
            revise=self._reviser(),
        )
        writer.start()
        self._tell(True)
        self._bus.publish(_begun(self._order, writer.path, self._hides_names))

    async def close(self, why: str) -> None:
        """End the file in order; safe to call twice."""
        self._is_over = True
        self._unsubscribe()
        if self._writer is not None:
            self._tell(False)
            await self._writer.close(why)
        self._on_closed()

    def _on_stopped_in_thread(self, problem: Problem) -> None:
        try:
            self._loop.call_soon_threadsafe(self._on_stopped, problem)
        except RuntimeError:
            logger.warning("a recording stopped as the program ended")

    def _on_stopped(self, problem: Problem) -> None:
        self._tell(False)
        words = f" ({problem.vendor_words})" if problem.vendor_words else ""
        self._bus.publish(
            Notice(
                bot_id=self._order.bot_id,
                level="attention",
                sentence=f"{self._order.name}: {problem.sentence}{words}",
                next_step=problem.next_step,
            )
        )

    # -- what is kept ------------------------------------------------------------------------------

    def _header(self) -> Header:
        from speakdesk.store.flight.format import Header

        order = self._order
        persona, plan = order.persona, order.plan
        language = persona.language if persona else ""
        return Header(
            application=f"SpeakDesk {speakdesk.__version__}",
            started=to_iso(self._clock.now()),
            bot_id=order.bot_id,
            bot_name=order.name,
            persona=persona.key if persona else "",
            persona_hash=persona_hash(persona.source) if persona else "",
            provider=order.provider.key,
            meeting=f"{order.meeting.platform}:{order.meeting.meeting_id}",
            meeting_id=order.meeting_id,
            stt=_service(plan.stt, language) if plan else None,
            llm=_service(plan.llm) if plan else None,
            tts=_service(plan.tts, language) if plan else None,
            rate_hz=order.rate_hz,
            greeting=self._safe(order.greeting),
            names_are_hidden=self._hides_names,
        )

    def _reviser(self) -> Callable[[Record], Record | None]:
        """What each record passes on its way into the file, on the writer's thread."""
        from dataclasses import replace

        from speakdesk.store.flight.format import EventRecord, LogRecord
        from speakdesk.store.flight.names import Pseudonyms

        names = self._names = Pseudonyms(self._bots()) if self._hides_names else None

        def revise(record: Record) -> Record | None:
            if isinstance(record, EventRecord):
                record = replace(record, data=self._safe_values(record.data))
            elif isinstance(record, LogRecord):
                record = replace(record, text=self._safe(record.text))
            if names is None:
                return record
            names.learn(record)
            return names.hide(record)

        return revise

    def _bots(self) -> frozenset[str]:
        return frozenset({self._order.name, *self._order.siblings()})

    def _safe(self, text: str) -> str:
        text = KNOWN_SECRETS.redact(text)
        if len(self._passcode) >= _SHORTEST_PASSCODE:
            text = text.replace(self._passcode, HIDDEN)
        return text

    def _safe_values(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._safe(value)
        if isinstance(value, list):
            return [self._safe_values(v) for v in value]
        if isinstance(value, Mapping):
            return {key: self._safe_values(v) for key, v in value.items()}
        return value


def persona_hash(source: str) -> str:
    """What a recording keeps of a persona's source, to tell whether it is still the same."""
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()


def _service(choice: ServiceChoice, language: str = "") -> Service:
    from speakdesk.store.flight.format import Service

    return Service(choice.key, choice.model, choice.voice, language)


def _begun(order: BotOrder, path: Path, hides_names: bool) -> Notice:
    names = "Person 1, Person 2 … for people's names" if hides_names else "people's names"
    return Notice(
        bot_id=order.bot_id,
        level="info",
        sentence=(
            f"{order.name}'s meeting is recorded on this computer: the sound of both sides, every "
            f"word, {names}, what happened and the log. Never a key or a passcode."
        ),
        next_step=(
            f"Tell the others in the meeting: in many places they must agree. The file: {path}"
        ),
    )
