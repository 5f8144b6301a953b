"""After a meeting: recording, the provider's transcript, people, cost, and the minutes.

A bot's provider is asked by itself once the bot has ended, and again after the next start where it
had not told all; everything lands in the history, and `AftermathChanged` says that it did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from loguru import logger

from speakdesk.app.bus import EventBus
from speakdesk.app.past.aftermath_watch import AftermathWatch, Lookup, keeper_of, keeps_nothing
from speakdesk.app.past.history import HistoryBook
from speakdesk.app.past.minds import mind_for, plan_of_desk
from speakdesk.app.past.recordings import best_bot, target_for, unknown_bot
from speakdesk.app.past.summaries import no_model, write_summary
from speakdesk.app.past.unasked import Unasked, has_people
from speakdesk.app.providers import ProviderInfo
from speakdesk.app.tasks import spawn
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.domain.errors import (
    Problem,
    ProviderError,
    Reason,
    SpeakDeskError,
    SpeechError,
    Stage,
    StoreError,
)
from speakdesk.domain.events import (
    AftermathChanged,
    BotStateChanged,
    Event,
    SettingsChanged,
)
from speakdesk.domain.minutes import Summary
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import Capability
from speakdesk.providers.meetingbaas.download import DownloadProgress, download
from speakdesk.store.file_lock import FileLock
from speakdesk.store.history.export_lines import our_lines, provider_lines
from speakdesk.store.history.records import MeetingRecord, PendingBot
from speakdesk.store.settings import Settings

__all__ = ["AfterMeeting", "DownloadProgress", "best_bot"]

RESUME_AFTER_S = 5.0
# v2 lists a bot for 90 days (contracts/meetingbaas.md §2.2); how long it keeps files it does not
# say.
KEPT_FOR = timedelta(days=90)
RECENT = timedelta(days=1)


class AfterMeeting:
    """What becomes of meetings once their bots have left.

    `providers` says who records without opening anything, `lookup` gives a client. `keys` waits
    until the keys are read. Methods raise ProviderError, SpeechError and StoreError.
    """

    def __init__(
        self,
        bus: EventBus,
        history: HistoryBook,
        *,
        providers: Callable[[], tuple[ProviderInfo, ...]],
        lookup: Lookup,
        keys: Callable[[], Awaitable[Keys]],
        settings: Callable[[], Settings],
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._bus = bus
        self._history = history
        self._providers = providers
        self._lookup = lookup
        self._keys = keys
        self._settings = settings
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._http = http
        self._watch = AftermathWatch(history, lookup, bus.publish, self._clock, sleep, http)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._following: set[str] = set()
        self._writing: dict[str, asyncio.Task[Summary]] = {}
        self._downloading: set[Path] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self._unasked = Unasked(history, settings, bus.publish, self)
        self._has_resumed = False
        self._lock = FileLock(history.recordings.with_name("after-meeting.lock"))

    # -- life -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Take notice of bots that end; a little later go on with what was not told before."""
        self._unsubscribe = self._bus.subscribe(self._on_event)
        self._start(self._resume(), "resume aftermath")

    async def close(self) -> None:
        """Stop asking; what is not known by now is asked for after the next start."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        current = asyncio.current_task()
        tasks = [task for task in (*self._tasks, *self._writing.values()) if task is not current]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._lock.release()

    # -- on request -----------------------------------------------------------------------------

    async def refresh(self, meeting_id: str) -> None:
        """Ask the providers of all the meeting's bots now, whatever is known already."""
        record = await self._history.meeting(meeting_id)
        bots = await self._recorded(record.summary.id)
        if not bots:
            name = self._name_of(record.summary.provider)
            live = any(bot.ended is None for bot in record.bots)
            raise ProviderError(_still_running(name) if live else keeps_nothing(name))
        troubles: list[ProviderError] = []
        for bot in bots:
            try:
                if not await self._watch.ask(bot):
                    self._follow(bot)
            except ProviderError as e:
                troubles.append(e)
        if troubles:
            raise troubles[0]

    async def download(
        self,
        meeting_id: str,
        bot_id: str,
        kind: ArtifactKind,
        target: Path | None = None,
        on_progress: Callable[[DownloadProgress], None] = lambda progress: None,
    ) -> Path:
        """Fetch one file, by default into the meeting's own folder; returns where it lies.

        `target` is the file, or a folder in which it gets its own name. Goes on where an earlier
        try stopped. Cancelling keeps what has arrived.
        """
        bot = await self._bot(meeting_id, bot_id)
        provider = await keeper_of(self._lookup, bot)
        artifact = await provider.artifact(bot.provider_bot_id, kind)
        if artifact is None:
            raise ProviderError(_no_such_file(provider.name, kind))
        if target is None or await asyncio.to_thread(target.is_dir):
            record = await self._history.meeting(bot.meeting_id)
            folder = target or self._history.recordings / bot.meeting_id
            target = target_for(folder, record, bot_id, artifact)
        if target in self._downloading:
            raise StoreError(_already_downloading(target))
        self._downloading.add(target)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        try:
            if not await asyncio.to_thread(_take, lock):
                raise StoreError(_already_downloading(target))
            await download(
                artifact,
                target,
                renew=lambda: provider.artifact(bot.provider_bot_id, kind),
                on_progress=on_progress,
                http=self._http,
                sleep=self._sleep,
            )
        finally:
            self._downloading.discard(target)
            lock.release()
        await self._history.save_file(bot_id, kind, target)
        self._bus.publish(AftermathChanged(bot_id=bot_id, meeting_id=bot.meeting_id))
        return target

    async def summarise(self, meeting_id: str) -> Summary:
        """Let the configured language model write the minutes; they replace earlier ones.

        Asked for twice at once, both get the same.
        """
        record = await self._history.meeting(meeting_id)
        meeting_id = record.summary.id
        writing = self._writing.get(meeting_id)
        if writing is None:
            writing = spawn(self._write(record), f"summary {meeting_id}", lambda e: None)
            self._writing[meeting_id] = writing
            self._bus.publish(AftermathChanged(meeting_id=meeting_id))
            writing.add_done_callback(lambda _: self._on_written(meeting_id))
        return await asyncio.shield(writing)

    async def delete_at_provider(self, meeting_id: str) -> None:
        """Delete what the provider keeps of a meeting, for good; what is here stays here.

        Raises ProviderError for the first bot it does not work for; the others are done.
        """
        record = await self._history.meeting(meeting_id)
        troubles: list[ProviderError] = []
        for bot in await self._recorded(record.summary.id):
            try:
                provider = await keeper_of(self._lookup, bot)
                await provider.delete_data(bot.provider_bot_id)
                await self._watch.ask(bot)
            except ProviderError as e:
                troubles.append(e)
        if troubles:
            raise troubles[0]

    def is_summarising(self, meeting_id: str) -> bool:
        """True while a model writes this meeting's minutes."""
        return meeting_id in self._writing

    def is_following(self, bot_id: str) -> bool:
        """True while the provider is being asked about a bot."""
        return bot_id in self._following

    def keeps_recordings(self, provider_key: str) -> bool:
        """True where a provider has anything to tell after a meeting."""
        return any(
            info.key == provider_key and Capability.RECORDING in info.capabilities
            for info in self._providers()
        )

    # -- by itself --------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BotStateChanged) and event.state.is_final and event.meeting_id:
            self._start(self._after_bot(event.meeting_id), f"after {event.meeting_id}")
        elif isinstance(event, SettingsChanged) and "keys" in event.fields and self._has_resumed:
            # What a missing or refused key kept back may be told now.
            self._start(self._follow_pending(), "ask with the new keys")

    async def _after_bot(self, meeting_id: str) -> None:
        for bot in await self._recorded(meeting_id):
            if not bot.is_complete:
                self._follow(bot)
        await self._unasked.consider(meeting_id)

    async def _resume(self) -> None:
        await self._sleep(RESUME_AFTER_S)
        if not await asyncio.to_thread(_take, self._lock):
            logger.info("another SpeakDesk asks about earlier meetings")
            return
        self._has_resumed = True
        await self._follow_pending()
        if self._unasked.is_wanted:
            now = self._clock.now()
            for summary in await self._history.meetings(limit=5):
                if summary.ended is not None and now - summary.ended < RECENT:
                    await self._unasked.consider(summary.id)

    async def _follow_pending(self) -> None:
        for bot in await self._history.pending_bots(self._clock.now() - KEPT_FOR):
            if self.keeps_recordings(bot.provider):
                self._follow(bot)

    def _follow(self, bot: PendingBot) -> None:
        if bot.bot_id not in self._following:
            self._following.add(bot.bot_id)
            self._start(self._follow_to_end(bot), f"aftermath {bot.bot_id}")

    async def _follow_to_end(self, bot: PendingBot) -> None:
        try:
            await self._watch.follow(bot)
        except ProviderError as e:
            logger.warning("nothing more is known of a meeting: {}", e.problem.sentence)
        finally:
            self._following.discard(bot.bot_id)
        await self._unasked.consider(bot.meeting_id)

    async def _write(self, record: MeetingRecord) -> Summary:
        keys = await self._keys()
        mind = await mind_for(plan_of_desk(self._settings().speech.wish(), keys), keys)
        if mind is None:
            raise SpeechError(no_model())
        try:
            is_ours = has_people(record) or not record.provider_lines
            lines = our_lines(record) if is_ours else provider_lines(record)
            said = [f"[{_clock(line.start_s)}] {line.said}" for line in lines]
            made = self._clock.now().replace(microsecond=0)
            summary = await write_summary(mind, record.summary.title, said, made)
            await self._history.save_minutes(record.summary.id, summary)
        finally:
            await mind.aclose()
        return summary

    def _on_written(self, meeting_id: str) -> None:
        self._writing.pop(meeting_id, None)
        self._bus.publish(AftermathChanged(meeting_id=meeting_id))

    # -- inside -----------------------------------------------------------------------------------

    async def _recorded(self, meeting_id: str) -> list[PendingBot]:
        bots = await self._history.ended_bots(meeting_id)
        return [bot for bot in bots if self.keeps_recordings(bot.provider)]

    async def _bot(self, meeting_id: str, bot_id: str) -> PendingBot:
        record = await self._history.meeting(meeting_id)
        bots = await self._history.ended_bots(record.summary.id)
        found = next((bot for bot in bots if bot.bot_id == bot_id), None)
        if found is None:
            raise ProviderError(unknown_bot())
        return found

    def _name_of(self, provider_key: str) -> str:
        return next((i.name for i in self._providers() if i.key == provider_key), provider_key)

    def _start(self, work: Any, name: str) -> None:
        task = spawn(work, name, self._on_failed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, SpeakDeskError):
            # A meeting that was deleted meanwhile, a history that cannot be read just now.
            logger.warning("after a meeting: {}", error.problem.sentence)
        else:
            logger.opt(exception=error).error("after a meeting, something failed")


def _take(lock: FileLock) -> bool:
    """False where another process is at it; a folder without locks keeps nobody from working."""
    try:
        return lock.take()
    except OSError as e:
        logger.warning("no lock file can be made: {}", e.strerror)
        return True


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _still_running(name: str) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.CONFLICT,
        "This meeting is still running.",
        f"{name} makes its recording ready once the bots have left.",
        is_permanent=False,
    )


def _no_such_file(name: str, kind: ArtifactKind) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.NOT_FOUND,
        f"{name} has no {kind.value.replace('_', ' ')} of this meeting.",
        "It may still be worked on, was not recorded, or was deleted. Look again in a few minutes.",
    )


def _already_downloading(target: Path) -> Problem:
    return Problem(
        Stage.STORE,
        Reason.CONFLICT,
        f"{target.name} is being downloaded already.",
        "Wait until it is here, or cancel it.",
        is_permanent=False,
    )
