"""Fetching a meeting's files: goes on where it stopped, shows how far it is, renews addresses."""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from speakdesk.domain.aftermath import Artifact, ProviderLine
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import (
    Problem,
    ProviderError,
    Reason,
    Stage,
    StoreError,
)
from speakdesk.providers.meetingbaas.errors import (
    failure_from_exception,
    refusal_from_response,
)
from speakdesk.providers.meetingbaas.transcript import parse_transcript

Renew = Callable[[], Awaitable[Artifact | None]]
_WHO = "The recording's storage"
_BLOCK = 256 * 1024
_ATTEMPTS_WITHOUT_PROGRESS = 4
_RENEWALS = 3
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_TOTAL = re.compile(r"bytes \*/(\d+)")
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is; `total_bytes` is None until the storage says it."""

    done_bytes: int
    total_bytes: int | None

    @property
    def fraction(self) -> float | None:
        """0..1, None while the size is unknown."""
        if not self.total_bytes:
            return None
        return min(1.0, self.done_bytes / self.total_bytes)


class _Expired(Exception):
    """The address is not accepted any more."""

    def __init__(self, cause: ProviderError) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def download(
    artifact: Artifact,
    target: Path,
    *,
    renew: Renew | None = None,
    on_progress: Callable[[DownloadProgress], None] = lambda progress: None,
    http: httpx.AsyncClient | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Path:
    """Fetch the file to `target` and return it. `target` appears only when it is whole.

    What has arrived is kept in `<target>.part`, beside what proves that it belongs to the same
    file, so a download that was cancelled or lost goes on there. `renew` gives a fresh address
    when the old one has run out. `on_progress` is called for each block, about every 256 KB.

    Raises ProviderError where the storage refuses or stays away, StoreError where the disk fails.
    Cancelling keeps what has arrived.
    """
    fetch = _Fetch(artifact, target, renew, on_progress, sleep)
    if http is not None:
        return await fetch.run(http)
    client = await asyncio.to_thread(httpx.AsyncClient)
    async with client:
        return await fetch.run(client)


async def fetch_lines(
    artifact: Artifact,
    *,
    renew: Renew | None = None,
    http: httpx.AsyncClient | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[ProviderLine, ...]:
    """The lines of a transcript or diarization file, fetched and read. Raises like `download`."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="speakdesk-")
    try:
        target = Path(folder.name) / "transcript.json"
        await download(artifact, target, renew=renew, http=http, sleep=sleep)
        return await asyncio.to_thread(lambda: parse_transcript(target.read_bytes()))
    finally:
        await asyncio.to_thread(folder.cleanup)


class _Fetch:
    def __init__(
        self,
        artifact: Artifact,
        target: Path,
        renew: Renew | None,
        on_progress: Callable[[DownloadProgress], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._artifact = artifact
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        self._notes = target.with_name(f"{target.name}.part.json")
        self._renew = renew
        self._on_progress = on_progress
        self._sleep = sleep
        self._done = 0
        self._total: int | None = None
        self._tag = ""

    async def run(self, http: httpx.AsyncClient) -> Path:
        await self._on_disk(self._recall)
        renewals = failures = 0
        if self._artifact.is_expired(utc_now()) and self._renew is not None:
            renewals += 1
            await self._take_new_address(None)
        while True:
            before = self._done
            try:
                if await self._fetch(http):
                    await self._on_disk(self._finish)
                    return self._target
                error = _cut_off()
            except _Expired as e:
                renewals += 1
                if renewals > _RENEWALS:
                    raise e.cause from e
                await self._take_new_address(e.cause)
                continue
            except ProviderError as e:
                if e.problem.is_permanent:
                    raise
                error = e
            failures = 1 if self._done > before else failures + 1
            if failures >= _ATTEMPTS_WITHOUT_PROGRESS:
                raise error
            wait_s = error.problem.retry_after_s
            await self._sleep(min(wait_s, 30.0) if wait_s is not None else 0.5 * 2**failures)

    async def _take_new_address(self, cause: ProviderError | None) -> None:
        if self._renew is None:
            assert cause is not None
            raise cause
        artifact = await self._renew()
        if artifact is None:
            raise ProviderError(
                Problem(
                    Stage.PROVIDER,
                    Reason.NOT_FOUND,
                    "The provider does not have this file any more.",
                    "It may have been deleted, or its time of keeping is over.",
                )
            )
        self._artifact = artifact

    async def _fetch(self, http: httpx.AsyncClient) -> bool:
        """One connection; True where the file is whole after it."""
        headers = {"accept-encoding": "identity"}
        if self._done and self._tag:
            headers |= {"range": f"bytes={self._done}-", "if-range": self._tag}
        elif self._done:
            await self._on_disk(self._start_over)
        try:
            async with http.stream(
                "GET", self._artifact.url, headers=headers, timeout=_TIMEOUT, follow_redirects=True
            ) as response:
                if not await self._begins(response):
                    return self._total is not None and self._done == self._total
                await self._take(response)
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise failure_from_exception(e, _WHO) from e
        return self._total is None or self._done == self._total

    async def _begins(self, response: httpx.Response) -> bool:
        """Read the head of an answer; False where no part of the file follows."""
        status = response.status_code
        if status == 206:
            match = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
            if match and int(match[1]) == self._done:
                self._total = None if match[2] == "*" else int(match[2])
                return True
            await self._on_disk(self._start_over)
            return False
        if status == 416:
            match = _TOTAL.fullmatch(response.headers.get("content-range", "").strip())
            if match and int(match[1]) == self._done:
                self._total = self._done
                return False
            await self._on_disk(self._start_over)
            return False
        if status == 200:
            length = response.headers.get("content-length", "")
            self._total = int(length) if length.isascii() and length.isdigit() else None
            if response.headers.get("content-encoding", "identity") != "identity":
                self._total = None
            self._tag = _strong_tag(response)
            await self._on_disk(self._start_over)
            return True
        await response.aread()
        refusal = refusal_from_response(response, _WHO, (self._artifact.url,))
        if status in (400, 401, 403, 410):
            raise _Expired(ProviderError(_expired(refusal.problem)))
        if status == 404:
            raise ProviderError(_gone(refusal.problem))
        raise refusal

    async def _take(self, response: httpx.Response) -> None:
        file: BinaryIO = await self._on_disk(partial(self._part.open, "ab"))
        waiting = bytearray()
        try:
            self._tell()
            async for block in response.aiter_bytes():
                waiting += block
                if len(waiting) >= _BLOCK:
                    await self._keep(file, waiting)
        finally:
            # A cancelled or broken download keeps what has arrived.
            closing = asyncio.ensure_future(self._close(file, waiting))
            await asyncio.shield(closing)

    async def _keep(self, file: BinaryIO, waiting: bytearray) -> None:
        block = bytes(waiting)
        waiting.clear()
        await self._on_disk(partial(file.write, block))
        self._done += len(block)
        self._tell()

    async def _close(self, file: BinaryIO, waiting: bytearray) -> None:
        try:
            if waiting:
                await self._keep(file, waiting)
        finally:
            await self._on_disk(partial(_close, file))

    def _tell(self) -> None:
        self._on_progress(DownloadProgress(self._done, self._total))

    def _recall(self) -> None:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        try:
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
            tag = notes.get("tag") if isinstance(notes, dict) else None
            if isinstance(tag, str) and tag:
                self._done, self._tag = self._part.stat().st_size, tag
        except (FileNotFoundError, ValueError, RecursionError):
            return

    def _start_over(self) -> None:
        self._part.write_bytes(b"")
        self._done = 0
        self._notes.write_text(json.dumps({"tag": self._tag}), encoding="utf-8")

    def _finish(self) -> None:
        os.replace(self._part, self._target)
        self._notes.unlink(missing_ok=True)

    async def _on_disk(self, work: Callable[[], Any]) -> Any:
        try:
            return await asyncio.to_thread(work)
        except OSError as e:
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.UNAVAILABLE,
                    f"The file cannot be written to {self._target.parent}.",
                    "Check that there is room on the disk and that the folder may be written to.",
                    e.strerror or type(e).__name__,
                )
            ) from e


def _close(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _strong_tag(response: httpx.Response) -> str:
    """What proves that a later part belongs to the same file; empty where nothing does."""
    tag: str = response.headers.get("etag", "")
    if tag and not tag.startswith("W/"):
        return tag
    changed: str = response.headers.get("last-modified", "")
    return changed


def _cut_off() -> ProviderError:
    return ProviderError(
        Problem(
            Stage.PROVIDER,
            Reason.CONNECTIVITY,
            "The download broke off before the file was complete.",
            "Start it again; it goes on where it stopped.",
            is_permanent=False,
        )
    )


def _expired(refused: Problem) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.AUTHENTICATION,
        "The address of the recording has run out.",
        "Open the meeting again to get a new one.",
        refused.vendor_words,
    )


def _gone(refused: Problem) -> Problem:
    return Problem(
        Stage.PROVIDER,
        Reason.NOT_FOUND,
        "The recording is not in the provider's storage any more.",
        "It may have been deleted, or its time of keeping is over.",
        refused.vendor_words,
    )
