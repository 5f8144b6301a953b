"""All recordings of this desk: off unless asked, made, found again, deleted in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from loguru import logger

from speakdesk.app.bots.order import BotOrder
from speakdesk.app.bus import EventBus
from speakdesk.app.flight.recorder import FlightRecorder
from speakdesk.app.tasks import spawn
from speakdesk.domain.clock import Clock
from speakdesk.pipeline.contract import FlightTap
from speakdesk.store.flight.shelf import FlightNote, FlightShelf, free
from speakdesk.store.settings import SettingsFile

# A window may stay open for weeks.
SWEEP_EVERY_S = 6 * 3600.0


class Flights:
    """All recordings of this person: made, found again, deleted in time."""

    def __init__(
        self,
        folder: Path,
        bus: EventBus,
        settings: SettingsFile,
        clock: Clock,
    ) -> None:
        self.folder = folder
        self._bus = bus
        self._settings = settings
        self._clock = clock
        self._recorders: dict[str, FlightRecorder] = {}
        self._taken: set[Path] = set()
        self._sweeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Delete what is older than the settings keep it, now and every few hours."""
        await self._sweep()
        if self._sweeping is None:
            self._sweeping = spawn(self._sweep_again(), "delete old recordings")

    async def _sweep(self) -> None:
        if (days := self._settings.current.flight_days) > 0:
            await asyncio.to_thread(self._delete_older, days)

    async def _sweep_again(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            await self._sweep()

    async def prepare(self, orders: Iterable[BotOrder]) -> None:
        """Import what recording needs, in a thread, where one of these bots is to be recorded."""
        if any(self.is_wanted(order) for order in orders):
            await asyncio.to_thread(_import_writer)

    def is_wanted(self, order: BotOrder) -> bool:
        """Whether a bot is to be recorded: a record-only bot has nothing to hear."""
        if order.is_recorder:
            return False
        wish = order.flight
        if wish is None:
            wish = order.flight_file is not None or self._settings.current.record_flights
        return wish

    def record(self, order: BotOrder, tell: Callable[[bool], None]) -> FlightTap | None:
        """Record a bot from now on, or from when it joins; None where that is not wanted.

        `tell` hears whether it is being recorded, now and when that changes.
        """
        if not self.is_wanted(order):
            return None
        recorder = FlightRecorder(
            order,
            self._place_of(order),
            self._bus,
            self._clock,
            hides_names=self._settings.current.flight_hide_names,
            tell=tell,
            on_closed=lambda: self._recorders.pop(order.bot_id, None),
        )
        self._recorders[order.bot_id] = recorder
        return recorder

    async def flight_of(self, meeting_id: str) -> tuple[FlightNote, ...]:
        """The recordings of one meeting of the history."""
        return await asyncio.to_thread(FlightShelf(self.folder).of_meeting, meeting_id)

    async def recorded_meetings(self) -> Mapping[str, tuple[FlightNote, ...]]:
        """All recordings by their meeting's id, to mark them in a list."""
        found: dict[str, tuple[FlightNote, ...]] = {}
        for note in await asyncio.to_thread(FlightShelf(self.folder).all):
            found[note.meeting_id] = (*found.get(note.meeting_id, ()), note)
        return found

    async def delete_meeting(self, meeting_id: str) -> int:
        """Delete the recordings of one meeting; those that a person put elsewhere stay."""
        return await asyncio.to_thread(FlightShelf(self.folder).delete_meeting, meeting_id)

    async def close(self) -> None:
        """End every recording in order; safe to call twice."""
        sweeping, self._sweeping = self._sweeping, None
        if sweeping is not None:
            sweeping.cancel()
        open_ones = tuple(self._recorders.values())
        await asyncio.gather(*(r.close("SpeakDesk closed") for r in open_ones))

    def _place_of(self, order: BotOrder) -> Callable[[], Path]:
        """Finds the file's place when recording begins; blocks for a moment."""

        def place() -> Path:
            shelf = FlightShelf(self.folder)
            if order.flight_file is None:
                path = shelf.path_for(order.meeting_id, order.bot_id, order.name, self._clock.now())
            else:
                path = free(order.flight_file.expanduser().absolute(), self._taken)
                note = FlightNote(path, order.meeting_id, order.bot_id, order.name)
                spawn(asyncio.to_thread(_note_elsewhere, shelf, note), "note a recording")
            self._taken.add(path)
            return path

        return place

    def _delete_older(self, days: int) -> None:
        before = self._clock.now() - timedelta(days=days)
        gone = FlightShelf(self.folder).delete_older(before, keep=self._taken)
        if gone:
            logger.info("{} recordings older than {} days were deleted", gone, days)


def _note_elsewhere(shelf: FlightShelf, note: FlightNote) -> None:
    try:
        shelf.note(note)
    except OSError as e:
        logger.warning("the history will not find a recording: {}", e.strerror or "?")


def _import_writer() -> None:
    import speakdesk.store.flight.names
    import speakdesk.store.flight.writer  # noqa: F401
    from speakdesk.store.flight.sound import load_packer

    load_packer()
