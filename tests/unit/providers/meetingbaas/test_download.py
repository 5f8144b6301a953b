"""Fetching files: whole or not there, goes on where it stopped, renews its address."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from speakdesk.domain.aftermath import Artifact, ArtifactKind
from speakdesk.domain.errors import ProviderError, Reason, StoreError
from speakdesk.providers.meetingbaas.download import DownloadProgress, download, fetch_lines
from tests.standins.meetingbaas import MeetingBaasCloud

FILM = bytes(range(256)) * 4096


@pytest.fixture
async def cloud() -> AsyncIterator[MeetingBaasCloud]:
    async with MeetingBaasCloud() as cloud:
        cloud.files.content = {"video": FILM}
        yield cloud


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield http


def artifact(cloud: MeetingBaasCloud, expires: datetime | None = None) -> Artifact:
    return Artifact(ArtifactKind.VIDEO, cloud.files.urls(cloud.url, "b")["video"], expires)


async def at_once(_: float) -> None:
    return None


async def test_a_file_arrives_whole_with_its_progress(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    seen: list[DownloadProgress] = []
    target = tmp_path / "new folder" / "film.mp4"
    assert await download(artifact(cloud), target, on_progress=seen.append, http=http) == target
    assert target.read_bytes() == FILM
    assert [path.name for path in target.parent.iterdir()] == ["film.mp4"]
    assert (seen[0].done_bytes, seen[-1].fraction) == (0, 1.0)
    assert all(a.done_bytes <= b.done_bytes for a, b in itertools.pairwise(seen))


async def test_a_broken_line_is_taken_up_where_it_broke(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    cloud.files.cut_after, cloud.files.cuts = 300_000, 3
    target = await download(artifact(cloud), tmp_path / "film", http=http, sleep=at_once)
    assert target.read_bytes() == FILM
    assert len(cloud.files.requests) == 4
    starts = [int(wanted[6:-1]) for wanted in cloud.files.requests[1:]]
    assert starts == sorted(starts)
    assert starts[0] > 0


async def test_a_cancelled_download_goes_on_later(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    target = tmp_path / "film"
    begun = asyncio.Event()
    cloud.files.cut_after, cloud.files.cuts = 300_000, 1

    async def for_ever(_: float) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(download(artifact(cloud), target, http=http, sleep=for_ever))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not target.exists()
    kept = (tmp_path / "film.part").stat().st_size
    assert kept > 0
    await download(artifact(cloud), target, http=http)
    assert target.read_bytes() == FILM
    assert cloud.files.requests[-1] == f"bytes={kept}-"


async def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "film.part").write_bytes(b"old" * 100)
    (tmp_path / "film.part.json").write_text(json.dumps({"tag": '"of another film"'}))
    await download(artifact(cloud), tmp_path / "film", http=http)
    assert (tmp_path / "film").read_bytes() == FILM


@pytest.mark.parametrize("notes", ["", "{", "[]", '{"tag": 7}', None])
async def test_a_part_of_unknown_origin_is_not_trusted(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path, notes: str | None
) -> None:
    (tmp_path / "film.part").write_bytes(b"old" * 100)
    if notes is not None:
        (tmp_path / "film.part.json").write_text(notes)
    await download(artifact(cloud), tmp_path / "film", http=http)
    assert (tmp_path / "film").read_bytes() == FILM


async def test_a_part_that_is_all_of_it_needs_nothing_more(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    cloud.files.cut_after, cloud.files.cuts = 10, 1
    with pytest.raises(RuntimeError, match="stop here"):
        await download(artifact(cloud), tmp_path / "film", http=http, sleep=_stop)
    (tmp_path / "film.part").write_bytes(FILM)
    await download(artifact(cloud), tmp_path / "film", http=http)
    assert (tmp_path / "film").read_bytes() == FILM
    assert cloud.files.requests[-1] == f"bytes={len(FILM)}-"


@pytest.mark.parametrize(("has_tags", "has_ranges"), [(False, True), (True, False)])
async def test_storage_without_tags_or_ranges_still_gives_a_whole_file(
    cloud: MeetingBaasCloud,
    http: httpx.AsyncClient,
    tmp_path: Path,
    has_tags: bool,
    has_ranges: bool,
) -> None:
    cloud.files.has_tags, cloud.files.has_ranges = has_tags, has_ranges
    cloud.files.cut_after, cloud.files.cuts = 300_000, 2
    target = await download(artifact(cloud), tmp_path / "film", http=http, sleep=at_once)
    assert target.read_bytes() == FILM


async def test_an_address_that_ran_out_is_renewed(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    old = artifact(cloud)
    cloud.files.expire()

    async def renew() -> Artifact:
        return artifact(cloud)

    await download(old, tmp_path / "film", renew=renew, http=http)
    assert (tmp_path / "film").read_bytes() == FILM
    assert len(cloud.files.requests) == 2


async def test_an_address_known_to_have_run_out_is_not_even_tried(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def renew() -> Artifact:
        return artifact(cloud)

    old = artifact(cloud, datetime.now(UTC) - timedelta(seconds=1))
    await download(old, tmp_path / "film", renew=renew, http=http)
    assert len(cloud.files.requests) == 1


async def test_an_address_that_ran_out_for_good_is_told(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    old = artifact(cloud)
    cloud.files.expire()

    async def same() -> Artifact:
        return old

    async def nothing() -> None:
        return None

    for renew, said in ((same, "has run out"), (None, "has run out"), (nothing, "any more")):
        with pytest.raises(ProviderError, match=said) as caught:
            await download(old, tmp_path / "film", renew=renew, http=http)
        assert "signature" not in str(caught.value)
    assert not (tmp_path / "film").exists()


async def test_a_file_that_is_gone_is_told(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    wanted = artifact(cloud)
    cloud.files.content = {}
    with pytest.raises(ProviderError) as caught:
        await download(wanted, tmp_path / "film", http=http)
    assert caught.value.problem.reason is Reason.NOT_FOUND


async def test_storage_that_stays_away_is_given_up(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    wanted = artifact(cloud)
    await cloud.vanish()
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    with pytest.raises(ProviderError) as caught:
        await download(wanted, tmp_path / "film", http=http, sleep=note)
    assert caught.value.problem.reason is Reason.CONNECTIVITY
    assert waits == sorted(waits)
    assert len(waits) == 3


async def test_a_folder_that_cannot_be_written_to_is_told(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be written"):
        await download(artifact(cloud), tmp_path / "file" / "film", http=http)


async def test_a_transcript_is_fetched_and_read(
    cloud: MeetingBaasCloud, http: httpx.AsyncClient
) -> None:
    line = {"speaker": "Priya", "text": "Hello", "start": 1}
    cloud.files.content = {"transcription": json.dumps({"result": {"utterances": [line]}}).encode()}
    url = cloud.files.urls(cloud.url, "b")["transcription"]
    (found,) = await fetch_lines(Artifact(ArtifactKind.TRANSCRIPT, url), http=http)
    assert (found.speaker, found.text, found.start_s) == ("Priya", "Hello", 1)


async def _stop(_: float) -> None:
    raise RuntimeError("stop here")
