"""Past meetings for the faces: everything that was said, kept as it happens, found again."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loguru import logger

from speakdesk.domain.aftermath import Aftermath, ArtifactKind, ProviderLine
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.events import Event
from speakdesk.domain.meeting import MeetingLink
from speakdesk.domain.minutes import Summary
from speakdesk.store.flight.shelf import FlightShelf
from speakdesk.store.history.aftermath import (
    ended_bots,
    pending_bots,
    save_aftermath,
    save_file,
    save_minutes,
    save_provider_lines,
    save_trouble,
)
from speakdesk.store.history.export import FORMATS, SOURCES, export_meeting
from speakdesk.store.history.queries import (
    delete_meeting,
    delete_older,
    list_meetings,
    meeting_ids,
    read_meeting,
    search_lines,
)
from speakdesk.store.history.records import (
    AftermathRecord,
    FileRecord,
    MeetingRecord,
    MeetingSummary,
    PendingBot,
    SearchHit,
)
from speakdesk.store.history.writer import HistoryWriter

__all__ = [
    "AftermathRecord",
    "FileRecord",
    "HistoryBook",
    "MeetingRecord",
    "MeetingSummary",
    "as_json",
    "as_text",
]

NEWEST = "last"


class HistoryBook:
    """The history of this person: one writer, and questions answered off the loop.

    Every question sees all that was recorded before it. All of them raise StoreError. Recordings
    that were fetched unasked lie in `recordings`, a folder a meeting, and go with their meeting.
    """

    formats = FORMATS
    sources = SOURCES

    def __init__(self, path: Path, report: Callable[[Problem], None]) -> None:
        self._path = path
        self.recordings = path.parent / "recordings"
        self.flights = path.parent / "flights"
        self._report = report
        self._writer = HistoryWriter(path, report)

    async def open(self, keep_days: int = 0) -> None:
        """Open the file and forget what is older than `keep_days` (0 keeps all).

        A history that cannot be used is told through `report`; meetings can be held without it.
        """
        try:
            await self._writer.open()
        except StoreError as e:
            logger.error("the history stays closed: {}", e.problem.sentence)
            self._report(e.problem)
            return
        if keep_days > 0:
            before = datetime.now(UTC) - timedelta(days=keep_days)
            gone = await asyncio.to_thread(delete_older, self._path, before)
            if gone:
                logger.info("{} meetings older than {} days were deleted", gone, keep_days)
                await asyncio.to_thread(self._sweep_recordings)

    def begin_meeting(
        self, meeting_id: str, link: MeetingLink, provider: str, at: datetime
    ) -> None:
        """Note a meeting before its first bot."""
        self._writer.begin_meeting(meeting_id, link, provider, at)

    def note_provider_bot(self, bot_id: str, provider_bot_id: str) -> None:
        """Note the provider's own id of a bot."""
        self._writer.note_provider_bot(bot_id, provider_bot_id)

    def record(self, event: Event) -> None:
        """Keep an event; never waits."""
        self._writer.record(event)

    async def meetings(
        self, limit: int = 50, before: str | None = None, search: str = ""
    ) -> tuple[MeetingSummary, ...]:
        """Meetings, newest first; `before` is the last id of the page before."""
        await self._writer.flush()
        return await asyncio.to_thread(list_meetings, self._path, limit, before, search)

    async def meeting(self, meeting_id: str) -> MeetingRecord:
        """One meeting whole, by its id or the beginning of it; `last` is the newest one."""
        await self._writer.flush()
        wanted = await self._resolve(meeting_id)
        return await asyncio.to_thread(read_meeting, self._path, wanted)

    async def search(self, text: str, limit: int = 100) -> tuple[SearchHit, ...]:
        """Lines in which all the words were said, newest first."""
        await self._writer.flush()
        return await asyncio.to_thread(search_lines, self._path, text, limit)

    async def delete(self, meeting_id: str) -> None:
        """Forget one meeting for good."""
        await self._writer.flush()
        await asyncio.to_thread(delete_meeting, self._path, meeting_id)
        folder = self.recordings / meeting_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await asyncio.to_thread(FlightShelf(self.flights).delete_meeting, meeting_id)

    async def export(self, meeting_id: str, form: str, source: str = "ours") -> str:
        """One meeting as txt, md, srt, vtt or json, with our lines or the provider's."""
        meeting = await self.meeting(meeting_id)
        return await asyncio.to_thread(export_meeting, meeting, form, source)

    # -- after a meeting --------------------------------------------------------------------------

    async def pending_bots(self, since: datetime, limit: int = 50) -> tuple[PendingBot, ...]:
        """Bots that ended after a moment and whose provider has not told all, newest first."""
        await self._writer.flush()
        return await asyncio.to_thread(pending_bots, self._path, since, limit)

    async def ended_bots(self, meeting_id: str) -> tuple[PendingBot, ...]:
        """The bots of a meeting that have ended and that a provider knows."""
        await self._writer.flush()
        return await asyncio.to_thread(ended_bots, self._path, meeting_id)

    async def save_aftermath(
        self, bot_id: str, found: Aftermath, asked: datetime, trouble: Problem | None = None
    ) -> None:
        """Keep what a provider says of a bot's meeting."""
        await asyncio.to_thread(save_aftermath, self._path, bot_id, found, asked, trouble)

    async def save_trouble(
        self, bot_id: str, trouble: Problem | None, asked: datetime, *, is_final: bool = False
    ) -> None:
        """Keep why a provider told nothing this time."""
        await asyncio.to_thread(save_trouble, self._path, bot_id, trouble, asked, is_final=is_final)

    async def save_provider_lines(
        self, bot_id: str, lines: Sequence[ProviderLine], read: datetime
    ) -> None:
        """Keep the provider's own transcript."""
        await asyncio.to_thread(save_provider_lines, self._path, bot_id, lines, read)

    async def save_file(self, bot_id: str, kind: ArtifactKind, local: Path) -> None:
        """Keep where a downloaded file lies, and how large it is."""

        def save() -> None:
            size = local.stat().st_size if local.exists() else None
            save_file(self._path, bot_id, kind, local, size)

        await asyncio.to_thread(save)

    async def save_minutes(self, meeting_id: str, summary: Summary) -> None:
        """Keep a meeting's summary in the place of an earlier one."""
        await asyncio.to_thread(save_minutes, self._path, meeting_id, summary)

    async def close(self) -> None:
        """Write what is left and stop; safe to call twice."""
        await self._writer.close()

    def _sweep_recordings(self) -> None:
        if self.recordings.is_dir():
            kept = meeting_ids(self._path)
            for folder in self.recordings.iterdir():
                if folder.name not in kept:
                    shutil.rmtree(folder, ignore_errors=True)

    async def _resolve(self, meeting_id: str) -> str:
        if meeting_id != NEWEST:
            known = await asyncio.to_thread(meeting_ids, self._path) if meeting_id else ()
            begun = [one for one in known if one.startswith(meeting_id)]
            return begun[0] if len(begun) == 1 else meeting_id
        newest = await asyncio.to_thread(list_meetings, self._path, 1)
        if not newest:
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.NOT_FOUND,
                    "There is no meeting in the history yet.",
                    "Hold one: speakdesk practice --persona interviewer",
                )
            )
        return newest[0].id


def as_json(meeting: MeetingRecord) -> dict[str, Any]:
    """A meeting as JSON values, the same as its export."""
    value: dict[str, Any] = json.loads(export_meeting(meeting, "json"))
    return value


def as_text(meeting: MeetingRecord) -> str:
    """A meeting as plain text."""
    return export_meeting(meeting, "txt")
