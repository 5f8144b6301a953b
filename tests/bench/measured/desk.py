"""Our process under measurement: the real Desk with stand-ins for the speech services only.

With `--window` the real window runs over the same Desk. What the bench adds is one provider, whose
service is in the bench's process, and the commands on stdin.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from speakdesk.app import desk as desk_module
from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.domain.events import Event
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.pipeline.contract import Voice, VoiceBuilder, VoiceOrder
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from tests.bench.measured.window_driver import WindowDriver

if TYPE_CHECKING:
    from tests.bench.measured.control import Control

RATE_HZ = 16000
POLL_S = 0.1
WARM_POLLS = 200
PERSONA = "bench"
PERSONA_FILE = """# Ada

You are a voice in a meeting.

## Metadata
- language_code: en
"""


class BenchProvider(MeetingBaasV2Provider):
    """The product's own client, pointed at the bench's service on this machine."""

    key = "bench"
    needs_public_url = False


class MeasuredDesk:
    """Launches bots into separate meetings and answers the bench's commands."""

    def __init__(self, desk: Desk, has_face: bool, is_recorded: bool) -> None:
        self.desk = desk
        self._is_recorded = is_recorded
        self._has_face = has_face
        self._count = 0
        self._driver = WindowDriver(desk.bus.publish)

    async def serve(self, reply_fd: int) -> None:
        """Serve from when the desk is warm until told to quit."""
        await self._until_warm()
        control = await asyncio.to_thread(_import_control)
        await control(
            reply_fd,
            {
                "launch": self._launch,
                "until_ended": self._until_ended,
                "hush": self._hush,
                "use_window": self._driver.start,
                "leave_window": self._driver.stop,
                "fill_log": self._driver.fill_log,
            },
        ).serve()
        await self.desk.close()

    async def _until_warm(self) -> None:
        # Warming earlier than the face does would make the window stand still while it is built.
        if not self._has_face:
            await self.desk.warm()
        for _ in range(WARM_POLLS):
            if self.desk.is_warm:
                return
            await asyncio.sleep(POLL_S)
        raise RuntimeError("the window did not warm its desk")

    async def _launch(self, bot: str) -> dict[str, Any]:
        self._count += 1
        high, low = divmod(self._count, 26)
        code = f"abc-defg-h{chr(97 + high % 26)}{chr(97 + low)}"
        asked = time.monotonic()
        (bot_id,) = await self.desk.launch(
            Launch(
                meeting=parse_link(f"https://meet.google.com/{code}"),
                personas=(PERSONA,),
                provider="bench",
                rate_hz=RATE_HZ,
                greeting="",
                flight=self._is_recorded,
            )
        )
        return {"bot_id": bot_id, "asked": asked, "bot": bot}

    async def _until_ended(self, bot_id: str) -> None:
        ended = asyncio.Event()

        def look(_: Event | None) -> None:
            view = self.desk.bots.get(bot_id)
            if view is None or not view.is_live:
                ended.set()

        unsubscribe = self.desk.bus.subscribe(look)
        try:
            look(None)
            await ended.wait()
        finally:
            unsubscribe()

    async def _hush(self, bot_id: str) -> None:
        await self.desk.hush(bot_id)


def _import_control() -> type[Control]:
    from tests.bench.measured.control import Control

    return Control


def build_with_stand_ins(answer_s: float) -> VoiceBuilder:
    """The real voice over services that answer at once."""

    def build(order: VoiceOrder, emit: Callable[[Event], None]) -> Voice:
        from speakdesk.pipeline.build import build_voice
        from tests.bench.measured.marks import services

        return build_voice(order, emit, services=lambda: services(order.bot_id, answer_s, RATE_HZ))

    return build


class WatchedDesk(Desk):
    """The real Desk with stand-ins for the speech services and the bench's provider beside its own.

    A face opens it as ever; the bench's commands are served from then on.
    """

    arguments: ClassVar[argparse.Namespace]

    def __init__(self, *_: Any, **__: Any) -> None:
        provider = BenchProvider("bench-key", self.arguments.base_url)
        super().__init__(
            build_voice=build_with_stand_ins(self.arguments.answer_s),
            providers={provider.key: provider},
        )
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open, then serve the bench beside the face."""
        folder = self.paths.personas / PERSONA
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text(PERSONA_FILE)
        await super().open()
        self._serving = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        try:
            arguments = self.arguments
            measured = MeasuredDesk(self, arguments.window, arguments.flight)
            await measured.serve(arguments.reply_fd)
        finally:
            # The face would ask before it closes; nobody is there to answer.
            sys.stderr.flush()
            os._exit(0)


async def headless() -> None:
    """The desk without a face, its log as the terminal has it."""
    desk = WatchedDesk()
    await desk.open()
    open_logs(desk)
    await asyncio.Event().wait()


def windowed() -> int:
    """The product's own window over the watched desk, its log included."""
    desk_module.Desk = WatchedDesk  # type: ignore[misc]
    from speakdesk.ui.main import main

    return main(["speakdesk"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reply-fd", type=int, required=True)
    parser.add_argument("--answer-s", type=float, default=2.0)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--flight", action="store_true")
    WatchedDesk.arguments = parser.parse_args()
    if WatchedDesk.arguments.window:
        sys.exit(windowed())
    asyncio.run(headless())
