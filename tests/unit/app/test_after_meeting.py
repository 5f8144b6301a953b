"""After a meeting: asked until all is told, fetched before it runs out, summed up where wanted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from speakdesk.app.bus import EventBus
from speakdesk.app.past.after_meeting import AfterMeeting, DownloadProgress
from speakdesk.app.past.history import HistoryBook
from speakdesk.app.providers import ProviderInfo
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, ProviderError, Reason, SpeechError, StoreError
from speakdesk.domain.events import (
    AftermathChanged,
    BotStateChanged,
    Event,
    LineFinal,
    Notice,
    SettingsChanged,
)
from speakdesk.domain.meeting import parse_link
from speakdesk.domain.speech import Keys
from speakdesk.providers.base import JoinRequest, MeetingProvider
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.practice.provider import PracticeProvider
from speakdesk.store.history.records import AftermathRecord, MeetingRecord
from speakdesk.store.settings import Settings
from tests.fixtures.lock_holder import held_elsewhere
from tests.standins.base import Fault
from tests.standins.desk import Seen
from tests.standins.meetingbaas import MeetingBaasCloud, Trouble
from tests.standins.meetingbaas_bot import CloudBot
from tests.standins.openai import OpenAIStandIn

LINK = parse_link("https://meet.google.com/abc-defg-hij")
FILM = bytes(range(256)) * 4096
SAID = {"speaker": "Priya", "text": "We begin on Tuesday.", "start": 1.5, "end": 3.0}
TRANSCRIPT = json.dumps({"result": {"utterances": [SAID]}}).encode()
MINUTES = json.dumps(
    {
        "language": "en",
        "summary": "They begin on Tuesday.",
        "decisions": ["Tuesday"],
        "action_items": [],
        "open_questions": [],
    }
)


class Office:
    """A history, a cloud, a model, and the part of a desk that looks after meetings."""

    def __init__(self, home: Path, cloud: MeetingBaasCloud, vendor: OpenAIStandIn) -> None:
        self.home = home
        self.cloud = cloud
        self.vendor = vendor
        self.settings = Settings()
        self.keys = Keys()
        self.waits: list[float] = []
        self.while_waiting: list[Callable[[], object]] = []
        self.told: list[Problem] = []
        self.provider = MeetingBaasV2Provider("key", cloud.url, sleep=self.sleep)
        self.seen = Seen()
        self.open_parts()

    def open_parts(self) -> None:
        self.bus = EventBus()
        self.bus.subscribe(self.seen)
        self.history = HistoryBook(self.home / "history.sqlite3", self.told.append)
        self.after = AfterMeeting(
            self.bus,
            self.history,
            providers=lambda: (
                _info(MeetingBaasV2Provider),
                _info(PracticeProvider),
            ),
            lookup=self.lookup,
            keys=self.read_keys,
            settings=lambda: self.settings,
            sleep=self.sleep,
        )

    async def open(self) -> None:
        self.bus.bind()
        await self.history.open()
        self.bus.subscribe(self.history.record)
        self.after.open()

    async def close(self) -> None:
        await self.after.close()
        await self.history.close()

    async def start_again(self) -> None:
        await self.close()
        self.open_parts()
        await self.open()

    async def lookup(self, key: str) -> MeetingProvider:
        return self.provider

    async def read_keys(self) -> Keys:
        return self.keys

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)
        if self.while_waiting:
            self.while_waiting.pop(0)()

    def with_a_model(self) -> None:
        self.keys = Keys({"OPENAI_API_KEY": "sk-test-0123456789"})
        self.settings = self.settings.with_changes(
            speech={"llm": "openai", "llm_base_url": self.vendor.base_url}
        )

    async def meet(
        self, bot_id: str = "ada", *, ago: timedelta = timedelta(), lines: int = 0, key: str = ""
    ) -> CloudBot:
        """A bot joins a meeting; the caller lets it end."""
        request = JoinRequest(bot_name=bot_id.title(), meeting=LINK, streaming_url="")
        remote = await self.provider.create(request)
        bot = self.cloud.bots[remote]
        await self.cloud.until(lambda: bot.joined is not None)
        began = datetime.now(UTC) - ago - timedelta(minutes=30)
        self.history.begin_meeting("m1", LINK, key or "meetingbaas", began)
        self.move(bot_id, BotState.PREPARING, began)
        self.history.note_provider_bot(bot_id, remote)
        for number in range(lines):
            self.bus.publish(
                LineFinal(
                    at=began + timedelta(seconds=number),
                    bot_id=bot_id,
                    line_id=str(number),
                    speaker="Ada" if number % 2 else "Priya",
                    text=f"line {number}",
                    is_bot=bool(number % 2),
                )
            )
        return bot

    def move(self, bot_id: str, state: BotState, at: datetime | None = None) -> None:
        self.bus.publish(
            BotStateChanged(
                at=at or datetime.now(UTC),
                bot_id=bot_id,
                state=state,
                name=bot_id.title(),
                persona="p",
                meeting_id="m1",
            )
        )

    async def record(self) -> MeetingRecord:
        return await self.history.meeting("m1")

    async def known(self, fits: Callable[[MeetingRecord], object]) -> MeetingRecord:
        """The record, once it is so; looked at with each thing that is told about it."""
        async with asyncio.timeout(10):
            while True:
                count = len(self.seen.events)
                record = await self.record()
                if fits(record):
                    return record
                await self.seen.until(partial(self._is_more_than, count))

    def _is_more_than(self, count: int, _: Event) -> bool:
        return len(self.seen.events) > count

    async def idle(self) -> None:
        """Until everything that was begun by itself is done."""
        while tasks := set(self.after._tasks):
            await asyncio.wait(tasks)

    async def complete(self) -> AftermathRecord:
        record = await self.known(lambda r: any(a.is_complete for a in r.aftermath))
        return record.aftermath[0]


def _info(provider: type[MeetingBaasV2Provider]) -> ProviderInfo:
    return ProviderInfo(
        provider.key, provider.name, provider.platforms, True, "", provider.capabilities
    )


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with MeetingBaasCloud() as cloud, OpenAIStandIn() as vendor:
        cloud.files.content = {"video": FILM, "transcription": TRANSCRIPT}
        office = Office(tmp_path, cloud, vendor)
        await office.open()
        yield office
        await office.close()
        await office.provider.aclose()


async def test_what_there_is_is_fetched_when_the_bot_has_ended(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.move("ada", BotState.ENDED)
    after = await office.complete()
    assert (after.raw, after.trouble) == ("completed", None)
    assert [file.kind for file in after.files] == [ArtifactKind.VIDEO, ArtifactKind.TRANSCRIPT]
    assert after.cost is not None
    record = await office.record()
    assert record.tokens == 0.6
    assert [person.name for person in record.people] == ["Priya"]
    [line] = record.provider_lines
    assert (line.speaker, line.text, line.start_s) == ("Priya", "We begin on Tuesday.", 1.5)
    assert record.lines == ()


async def test_no_address_of_a_file_is_kept(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.complete()
    await office.close()
    for file in office.home.glob("history.sqlite3*"):
        assert b"signature=" not in file.read_bytes()


async def test_a_recording_that_comes_late_is_waited_for(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    bot.status = "transcribing"
    office.while_waiting = [
        lambda: None,
        lambda: None,
        lambda: setattr(bot, "status", "completed"),
    ]
    office.move("ada", BotState.ENDED)
    after = await office.complete()
    assert after.file(ArtifactKind.VIDEO) is not None
    # Before the first start's look back, then between the questions.
    assert office.waits == [5.0, 5.0, 8.0, pytest.approx(12.8)]


async def test_a_transcript_that_failed_leaves_the_rest(office: Office) -> None:
    office.cloud.files.content = {"video": FILM}
    bot = await office.meet()
    await bot.end("call_ended", "transcription_failed", "TRANSCRIPTION_FAILED", "no luck")
    office.move("ada", BotState.ENDED)
    after = await office.complete()
    assert after.raw == "transcription_failed"
    assert (await office.record()).provider_lines == ()
    with pytest.raises(StoreError, match="no transcript"):
        await office.history.export("m1", "txt", "provider")


async def test_a_transcript_file_that_is_gone_is_told_and_the_rest_kept(office: Office) -> None:
    bot = await office.meet()
    urls = office.cloud.files.urls
    office.cloud.files.urls = lambda base, bot_id: {  # type: ignore[method-assign]
        **urls(base, bot_id),
        "transcription": f"{base}/files/{bot_id}/nothing?signature=1",
    }
    await bot.leave()
    office.move("ada", BotState.ENDED)
    after = await office.complete()
    assert after.trouble is not None
    assert after.trouble.reason is Reason.NOT_FOUND
    assert after.file(ArtifactKind.VIDEO) is not None


async def test_data_that_was_deleted_at_the_provider_is_no_file_any_more(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.complete()
    bot.is_deleted = True
    await office.after.refresh("m1")
    [after] = (await office.record()).aftermath
    assert after.is_deleted
    assert after.files == ()
    assert (await office.record()).provider_lines
    with pytest.raises(ProviderError, match="has no video"):
        await office.after.download("m1", "ada", ArtifactKind.VIDEO)


async def test_trouble_that_passes_is_waited_for_and_forgotten(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.cloud.trouble, office.cloud.troubled = Trouble.SERVER_ERROR, 4
    office.move("ada", BotState.ENDED)
    after = await office.complete()
    assert after.trouble is None


async def test_a_refused_key_is_told_and_asked_again_only_on_request(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.cloud.trouble = Trouble.REFUSED_KEY
    office.move("ada", BotState.ENDED)
    record = await office.known(lambda r: r.aftermath)
    trouble = record.aftermath[0].trouble
    assert trouble is not None
    assert trouble.reason is Reason.AUTHENTICATION
    assert not record.aftermath[0].is_complete
    with pytest.raises(ProviderError):
        await office.after.refresh("m1")
    office.cloud.trouble = Trouble.NONE
    await office.after.refresh("m1")
    assert (await office.complete()).trouble is None


async def test_a_start_later_goes_on_where_the_last_one_was_closed(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    bot.status = "transcribing"

    async def for_ever(_: float) -> None:
        await asyncio.Event().wait()

    office.after._watch._sleep = for_ever
    office.move("ada", BotState.ENDED)
    record = await office.known(lambda r: r.aftermath)
    assert not record.aftermath[0].is_complete
    bot.status = "completed"
    await office.start_again()
    assert (await office.complete()).raw == "completed"


async def test_a_second_process_leaves_the_asking_to_the_first(office: Office) -> None:
    await office.after.close()
    with held_elsewhere(office.home / "after-meeting.lock"):
        await office.after._resume()
        assert not office.after._has_resumed
    await office.after._resume()
    assert office.after._has_resumed


async def test_a_start_asks_nobody_about_what_is_known_or_too_old(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.complete()
    await office.meet("old")
    office.move("old", BotState.ENDED, datetime.now(UTC) - timedelta(days=120))
    await office.record()
    await office.after.close()
    count = len(office.cloud.requests)
    await office.start_again()
    await office.idle()
    assert len(office.cloud.requests) == count


async def test_a_bot_of_long_ago_is_asked_about_once(office: Office) -> None:
    bot = await office.meet(ago=timedelta(days=3))
    await bot.leave()
    bot.status = "transcribing"
    office.move("ada", BotState.ENDED, datetime.now(UTC) - timedelta(days=3))
    await office.idle()
    assert sum(seen.path.endswith(bot.bot_id) for seen in office.cloud.requests) == 1


async def test_a_bot_the_provider_forgot_is_not_asked_about_for_ever(office: Office) -> None:
    bot = await office.meet(ago=timedelta(days=3))
    await bot.leave()
    del office.cloud.bots[bot.bot_id]
    office.move("ada", BotState.ENDED, datetime.now(UTC) - timedelta(days=3))
    after = await office.complete()
    assert after.trouble is not None
    assert after.trouble.reason is Reason.NOT_FOUND


async def test_the_practice_room_is_not_asked(office: Office) -> None:
    await office.meet(key="practice")
    office.move("ada", BotState.ENDED)
    with pytest.raises(ProviderError, match="keeps no recording"):
        await office.after.refresh("m1")
    assert (await office.record()).aftermath == ()


async def test_a_running_meeting_has_nothing_yet(office: Office) -> None:
    await office.meet()
    with pytest.raises(ProviderError, match="still running"):
        await office.after.refresh("m1")


async def ended(office: Office) -> None:
    bot = await office.meet(lines=4)
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.complete()


async def test_a_file_is_fetched_with_an_address_that_is_fresh(office: Office) -> None:
    await ended(office)
    office.cloud.files.expire()
    seen: list[DownloadProgress] = []
    path = await office.after.download(
        "last", "ada", ArtifactKind.VIDEO, on_progress=lambda p: seen.append(p)
    )
    assert path == office.home / "recordings" / "m1" / "1 Ada video.mp4"
    assert path.read_bytes() == FILM
    assert seen[-1].fraction == 1.0
    after = (await office.record()).aftermath[0]
    file = after.file(ArtifactKind.VIDEO)
    assert file is not None
    assert (file.path, file.size_bytes) == (str(path), len(FILM))


async def test_a_download_survives_a_broken_line_and_an_address_that_runs_out_in_it(
    office: Office, tmp_path: Path
) -> None:
    await ended(office)
    office.cloud.files.cut_after, office.cloud.files.cuts = 300_000, 2
    office.while_waiting = [office.cloud.files.expire]
    target = tmp_path / "film.mp4"
    await office.after.download("m1", "ada", ArtifactKind.VIDEO, target)
    assert target.read_bytes() == FILM


async def test_a_cancelled_download_keeps_its_part_and_goes_on(office: Office) -> None:
    await ended(office)
    office.cloud.files.cut_after, office.cloud.files.cuts = 300_000, 1
    waiting = asyncio.Event()

    async def for_ever(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    office.after._sleep = for_ever
    task = asyncio.create_task(office.after.download("m1", "ada", ArtifactKind.VIDEO))
    await waiting.wait()
    with pytest.raises(StoreError, match="being downloaded already"):
        await office.after.download("m1", "ada", ArtifactKind.VIDEO)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    office.after._sleep = office.sleep
    path = await office.after.download("m1", "ada", ArtifactKind.VIDEO)
    assert path.read_bytes() == FILM
    assert office.cloud.files.requests[-1].startswith("bytes=")


async def test_what_another_process_downloads_is_left_to_it(office: Office, tmp_path: Path) -> None:
    await ended(office)
    target = tmp_path / "film.mp4"
    with (
        held_elsewhere(tmp_path / ".film.mp4.lock"),
        pytest.raises(StoreError, match="being downloaded already"),
    ):
        await office.after.download("m1", "ada", ArtifactKind.VIDEO, target)
    await office.after.download("m1", "ada", ArtifactKind.VIDEO, target)
    assert target.read_bytes() == FILM


async def test_what_the_provider_keeps_is_deleted_there_and_stays_here(office: Office) -> None:
    await ended(office)
    path = await office.after.download("m1", "ada", ArtifactKind.VIDEO)
    await office.after.delete_at_provider("m1")
    assert all(bot.is_deleted for bot in office.cloud.bots.values())
    [after] = (await office.record()).aftermath
    assert after.is_deleted
    [file] = after.files
    assert (file.path, file.is_there) == (str(path), False)
    assert path.exists()


async def test_what_a_key_kept_back_is_asked_for_with_the_next_key(office: Office) -> None:
    bot = await office.meet()
    await bot.leave()
    office.cloud.trouble = Trouble.REFUSED_KEY
    office.move("ada", BotState.ENDED)
    await office.idle()
    assert not (await office.record()).aftermath[0].is_complete
    office.cloud.trouble = Trouble.NONE
    office.bus.publish(SettingsChanged(fields=("keys",)))
    await office.complete()


async def test_a_full_disk_is_a_sentence(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await ended(office)

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="room on the disk") as caught:
        await office.after.download("m1", "ada", ArtifactKind.VIDEO)
    assert caught.value.problem.vendor_words == "No space left on device"


async def test_recordings_are_fetched_unasked_where_wanted_and_go_with_the_meeting(
    office: Office,
) -> None:
    office.settings = office.settings.with_changes(fetch_recordings="video")
    await ended(office)
    record = await office.known(lambda r: any(f.path for a in r.aftermath for f in a.files))
    path = Path(record.aftermath[0].files[0].path)
    assert path.read_bytes() == FILM  # noqa: ASYNC240
    await office.history.delete("m1")
    assert not path.exists()  # noqa: ASYNC240


async def test_a_recording_that_cannot_be_fetched_unasked_is_told_once(office: Office) -> None:
    office.settings = office.settings.with_changes(fetch_recordings="audio")
    office.cloud.files.content["audio"] = FILM
    urls = office.cloud.files.urls
    office.cloud.files.urls = lambda base, bot_id: {  # type: ignore[method-assign]
        **urls(base, bot_id),
        "audio": f"{base}/files/{bot_id}/nothing?signature=1",
    }
    await ended(office)
    await office.seen.until(lambda e: isinstance(e, Notice) and "not fetched" in e.sentence)
    await office.after._unasked.consider("m1")
    assert sum(isinstance(e, Notice) for e in office.seen.events) == 1


async def test_a_summary_is_written_kept_and_done_again(office: Office) -> None:
    office.with_a_model()
    await ended(office)
    office.vendor.answers.extend([MINUTES, MINUTES.replace("They", "All")])
    first = await office.after.summarise("last")
    assert first.text == "They begin on Tuesday."
    assert (await office.record()).minutes == first
    [seen] = office.vendor.requests
    rows = seen.body["messages"][1]["content"].splitlines()
    assert rows[1:-1] == [
        "[00:00:00] Priya: line 0",
        "[00:00:01] Ada: line 1",
        "[00:00:02] Priya: line 2",
        "[00:00:03] Ada: line 3",
    ]
    again = await office.after.summarise("m1")
    minutes = (await office.record()).minutes
    assert minutes == again
    assert again.text.startswith("All")
    for form in ("txt", "md", "json"):
        assert "All begin on Tuesday" in await office.history.export("m1", form)


async def test_asked_twice_at_once_it_is_written_once(office: Office) -> None:
    office.with_a_model()
    await ended(office)
    office.vendor.answers.append(MINUTES)
    both = asyncio.gather(office.after.summarise("m1"), office.after.summarise("m1"))
    first, second = await both
    assert first is second
    assert not office.after.is_summarising("m1")
    assert len(office.vendor.requests) == 1
    last = [e for e in office.seen.events if isinstance(e, AftermathChanged)][-1]
    assert last.meeting_id == "m1"


async def test_a_meeting_only_recorded_is_summed_up_from_the_providers_lines(
    office: Office,
) -> None:
    office.with_a_model()
    bot = await office.meet()
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.complete()
    office.vendor.answers.append(MINUTES)
    await office.after.summarise("m1")
    text = office.vendor.requests[0].body["messages"][1]["content"]
    assert "[00:00:01] Priya: We begin on Tuesday." in text


async def test_without_a_model_a_summary_says_how_to_get_one(office: Office) -> None:
    await ended(office)
    with pytest.raises(SpeechError, match="needs a language model") as caught:
        await office.after.summarise("m1")
    assert "OPENAI_API_KEY" in caught.value.problem.next_step


async def test_a_failed_summary_leaves_the_earlier_one(office: Office) -> None:
    office.with_a_model()
    await ended(office)
    office.vendor.answers.append(MINUTES)
    kept = await office.after.summarise("m1")
    office.vendor.fault = Fault.REFUSED_KEY
    with pytest.raises(SpeechError, match="refused the key"):
        await office.after.summarise("m1")
    assert (await office.record()).minutes == kept


async def test_where_it_is_set_a_summary_comes_by_itself(office: Office) -> None:
    office.with_a_model()
    office.settings = office.settings.with_changes(summarise="always")
    office.vendor.answers.append(MINUTES)
    await ended(office)
    record = await office.known(lambda r: r.minutes)
    assert record.minutes is not None
    await office.after._unasked.consider("m1")
    assert len(office.vendor.requests) == 1


async def test_a_summary_that_cannot_come_by_itself_is_told_once(office: Office) -> None:
    office.settings = office.settings.with_changes(summarise="always")
    await ended(office)
    notice = await office.seen.until(lambda e: isinstance(e, Notice))
    assert "No summary of" in notice.sentence  # type: ignore[attr-defined]
    await office.after._unasked.consider("m1")
    assert sum(isinstance(e, Notice) for e in office.seen.events) == 1


async def test_a_meeting_of_a_word_or_two_is_not_worth_a_summary(office: Office) -> None:
    office.settings = office.settings.with_changes(summarise="always")
    bot = await office.meet(lines=1)
    await bot.leave()
    office.move("ada", BotState.ENDED)
    await office.idle()
    assert not any(isinstance(e, Notice) for e in office.seen.events)
