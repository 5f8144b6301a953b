"""What the settings want done after a meeting without being asked: a summary, the recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from speakdesk.app.past.history import HistoryBook
from speakdesk.app.past.recordings import best_bot, has_file
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.errors import Problem, Reason, SpeakDeskError
from speakdesk.domain.events import Notice
from speakdesk.domain.minutes import Summary
from speakdesk.store.history.records import MeetingRecord
from speakdesk.store.settings import Settings

LEAST_LINES = 3


class Hands(Protocol):
    """Who does it."""

    async def summarise(self, meeting_id: str) -> Summary: ...

    async def download(self, meeting_id: str, bot_id: str, kind: ArtifactKind) -> Path: ...

    def is_following(self, bot_id: str) -> bool: ...


class Unasked:
    """Does each thing once; what did not work is told, and left until it is asked for."""

    def __init__(
        self,
        history: HistoryBook,
        settings: Callable[[], Settings],
        publish: Callable[[Notice], None],
        hands: Hands,
    ) -> None:
        self._history = history
        self._settings = settings
        self._publish = publish
        self._hands = hands
        self._locks: dict[str, asyncio.Lock] = {}
        self._given_up: set[tuple[str, str]] = set()
        self._has_told_what_is_missing = False

    @property
    def is_wanted(self) -> bool:
        """True where the settings want anything."""
        settings = self._settings()
        return settings.summarise != "never" or settings.fetch_recordings != "off"

    async def consider(self, meeting_id: str) -> None:
        """Do what is due for a meeting; nothing before it is over. Raises StoreError."""
        if not self.is_wanted:
            return
        settings = self._settings()
        async with self._locks.setdefault(meeting_id, asyncio.Lock()):
            record = await self._history.meeting(meeting_id)
            if record.summary.ended is None:
                return
            is_told_all = not any(self._hands.is_following(bot.id) for bot in record.bots)
            if settings.summarise == "always" and (is_told_all or has_people(record)):
                await self._summarise(record)
            if settings.fetch_recordings != "off" and is_told_all:
                await self._fetch(record, ArtifactKind(settings.fetch_recordings))

    async def _fetch(self, record: MeetingRecord, kind: ArtifactKind) -> None:
        meeting_id, bot_id = record.summary.id, best_bot(record, kind)
        if not bot_id or has_file(record, kind) or (meeting_id, "file") in self._given_up:
            return
        try:
            await self._hands.download(meeting_id, bot_id, kind)
        except SpeakDeskError as e:
            self._given_up.add((meeting_id, "file"))
            self._tell(e.problem, f"The recording of “{record.summary.title}” was not fetched.")

    async def _summarise(self, record: MeetingRecord) -> None:
        meeting_id = record.summary.id
        lines = max(len(record.lines), len(record.provider_lines))
        is_due = record.minutes is None and lines >= LEAST_LINES
        if not is_due or (meeting_id, "minutes") in self._given_up:
            return
        try:
            await self._hands.summarise(meeting_id)
        except SpeakDeskError as e:
            self._given_up.add((meeting_id, "minutes"))
            if e.problem.reason is Reason.MISSING:
                if self._has_told_what_is_missing:
                    return
                self._has_told_what_is_missing = True
            self._tell(e.problem, f"No summary of “{record.summary.title}” was written.")

    def _tell(self, problem: Problem, sentence: str) -> None:
        self._publish(
            Notice(
                level="attention",
                sentence=f"{sentence} {problem.sentence}",
                next_step=problem.next_step,
            )
        )


def has_people(record: MeetingRecord) -> bool:
    """True where this desk itself heard somebody other than its bots."""
    return any(not line.is_bot for line in record.lines)
