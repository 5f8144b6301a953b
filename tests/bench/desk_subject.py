"""SpeakDesk as a subject: the real Desk, launched through MeetingBaas v2's dialect."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.meeting_api import Hosted, MeetingApi
from tests.bench.subject import Joined, MeasuredProcess


class DeskSubject:
    """Our process; the provider and its bots live in the bench's own process."""

    def __init__(self, has_window: bool, is_recorded: bool = False) -> None:
        self.name = "desk+window" if has_window else "desk"
        self.process = MeasuredProcess()
        self._has_window = has_window
        self._is_recorded = is_recorded
        self._api = MeetingApi()
        self._hosted: dict[str, Hosted] = {}
        self._home = ""

    async def start(self, answer_s: float) -> None:
        """Start the process and warm it, as a person has it after a few seconds."""
        self.process, self._api, self._hosted = MeasuredProcess(), MeetingApi(), {}
        await self._api.start()
        self._home = tempfile.mkdtemp(prefix="speakdesk-bench-")
        await self.process.start(
            "tests.bench.measured.desk",
            *("--answer-s", str(answer_s), "--base-url", self._api.base_url),
            *(["--window"] if self._has_window else []),
            *(["--flight"] if self._is_recorded else []),
            env={"SPEAKDESK_HOME": self._home, "QT_QPA_PLATFORM": "offscreen"},
        )

    async def add_bot(self, bot: str) -> Joined:
        """Launch one bot into a meeting of its own."""
        launched: dict[str, Any] = await self.process.command("launch", bot=bot)
        hosted = await self._api.next_bot()
        self._hosted[launched["bot_id"]] = hosted
        return Joined(launched["bot_id"], hosted.line, launched["asked"], hosted.answered)

    async def remove_bot(self, joined: Joined) -> None:
        """The meeting ends; returns once the Desk has noticed and finished the bot."""
        await self._api.end(self._hosted.pop(joined.bot))
        await self.process.command("until_ended", bot_id=joined.bot)

    async def hush(self, joined: Joined) -> bool:
        """Press Hush."""
        await self.process.command("hush", bot_id=joined.bot)
        return True

    def recorded_bytes(self) -> int:
        """How much the flight recorder has written."""
        return sum(p.stat().st_size for p in Path(self._home).rglob("*.speakdesk"))

    async def stop(self) -> None:
        """End the process and the service."""
        await self.process.stop()
        await self._api.stop()
        await asyncio.to_thread(shutil.rmtree, self._home, True)
