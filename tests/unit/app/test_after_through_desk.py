"""The whole desk, from a launch to what the service keeps of the meeting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speakdesk.app.desk import Desk
from speakdesk.app.past import after_meeting
from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import AftermathChanged
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.providers.meetingbaas.v1.client import MeetingBaasV1Provider
from speakdesk.store.history.records import MeetingRecord
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.desk import Seen

FILM = b"film" * 1000
SAID = {"speaker": "Priya", "text": "We begin on Tuesday.", "start": 1.5, "end": 3.0}
TRANSCRIPT = json.dumps({"result": {"utterances": [SAID]}}).encode()


async def told_all(desk: Desk, seen: Seen) -> MeetingRecord:
    """The newest meeting, once its provider has told all."""
    while True:
        count = len(seen.events)
        record = await desk.history.meeting("last")
        if record.aftermath and all(after.is_complete for after in record.aftermath):
            return record
        await seen.until(
            lambda e, n=count: isinstance(e, AftermathChanged) and e in seen.events[n:]  # type: ignore[misc]
        )


async def meet_and_leave(day: BadDay) -> None:
    day.cloud.files.content = {"video": FILM, "transcription": TRANSCRIPT}
    view = await day.launch(greeting="")
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    await day.desk.leave(view.bot_id)
    await day.ends(BotState.ENDED)


@pytest.mark.parametrize("client", [MeetingBaasV2Provider, MeetingBaasV1Provider])
async def test_a_bot_that_left_leaves_its_recording_behind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    client: type[MeetingBaasV2Provider | MeetingBaasV1Provider],
) -> None:
    async with bad_day(tmp_path, monkeypatch, client=client) as day:
        await meet_and_leave(day)
        record = await told_all(day.desk, day.seen)
        assert record.aftermath[0].file(ArtifactKind.VIDEO) is not None
        bot_id = day.view().bot_id
        path = await day.desk.after.download("last", bot_id, ArtifactKind.VIDEO)
        assert path.read_bytes() == FILM
        assert tmp_path in path.parents


async def test_a_desk_that_was_closed_at_once_learns_it_after_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_meeting, "RESUME_AFTER_S", 0.0)
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch(greeting="")
        day.cloud.files.content = {"video": FILM, "transcription": TRANSCRIPT}
        await day.dialled()
        await day.desk.close()
        again, seen = day.make(), Seen()
        again.bus.subscribe(seen)
        await again.open()
        try:
            record = await told_all(again, seen)
            assert [line.text for line in record.provider_lines] == ["We begin on Tuesday."]
            assert record.tokens == 0.6
        finally:
            await again.close()
