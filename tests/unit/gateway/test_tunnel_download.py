"""The agent is downloaded on request only, tried before it is trusted, and failures are told."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pyngrok import installer

from speakdesk.domain.errors import GatewayError, Reason
from speakdesk.gateway.ngrok_download import download_agent

WORKS = b"#!/bin/sh\necho ngrok version 3.39.8\n"
FAILS = b"#!/bin/sh\nexit 1\n"


class Shop:
    """Where the agent comes from."""

    def __init__(self) -> None:
        self.program = WORKS
        self.status = 200
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                archive = shop.archive()
                self.send_response(shop.status)
                self.send_header("content-length", str(len(archive)))
                self.end_headers()
                self.wfile.write(archive[: len(archive) // 2])
                shop.asked.set()
                shop.go_on.wait(20)
                self.wfile.write(archive[len(archive) // 2 :])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ngrok.tgz"

    def archive(self) -> bytes:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, content in (("ngrok", self.program), ("NOTES", os.urandom(30_000))):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return raw.getvalue()


# pyngrok unpacks without a filter; from 3.12 on Python says that 3.14 will use one.
pytestmark = pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for name in installer.PLATFORMS:
        monkeypatch.setitem(installer.PLATFORMS, name, shop.url)
    yield shop
    shop.go_on.set()
    shop.server.shutdown()
    shop.server.server_close()
    thread.join()


async def test_it_is_downloaded_with_progress_and_tried(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[int] = []
    target = tmp_path / "agent" / "ngrok"
    assert await download_agent(target, told.append) == "3.39.8"
    assert os.access(target, os.X_OK)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 100)
    assert len(set(told)) > 5
    assert capsys.readouterr().out == ""


async def test_a_program_that_does_not_run_is_not_kept(shop: Shop, tmp_path: Path) -> None:
    shop.program = FAILS
    target = tmp_path / "agent" / "ngrok"
    with pytest.raises(GatewayError, match="does not run"):
        await download_agent(target)
    assert not target.exists()


async def test_a_failing_download_says_what_else_to_do(shop: Shop, tmp_path: Path) -> None:
    shop.status = 503
    with pytest.raises(GatewayError) as failed:
        await download_agent(tmp_path / "agent" / "ngrok")
    assert "503" in failed.value.problem.vendor_words
    assert "BASE_URL" in failed.value.problem.next_step


async def test_a_download_that_is_given_up_leaves_no_program(shop: Shop, tmp_path: Path) -> None:
    shop.go_on.clear()
    target = tmp_path / "agent" / "ngrok"
    download = asyncio.ensure_future(download_agent(target))
    await asyncio.to_thread(shop.asked.wait, 20)
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download
    shop.go_on.set()
    await asyncio.to_thread(_wait_for_the_download_thread)
    assert not target.exists()


async def test_a_download_that_takes_too_long_ends(shop: Shop, tmp_path: Path) -> None:
    shop.go_on.clear()
    with pytest.raises(GatewayError) as failed:
        await download_agent(tmp_path / "agent" / "ngrok", wait_s=0.2)
    assert failed.value.problem.reason is Reason.TIMEOUT


async def test_the_file_needs_its_usual_name(tmp_path: Path) -> None:
    with pytest.raises(GatewayError) as refused:
        await download_agent(tmp_path / "tunnel-thing")
    assert refused.value.problem.reason is Reason.BAD_INPUT


def _wait_for_the_download_thread() -> None:
    for thread in threading.enumerate():
        if thread.name == "ngrok download":
            thread.join(20)
