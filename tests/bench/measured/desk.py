"""Our process under measurement: the real Desk with stand-ins for the speech services only.

With `--window` the real window runs over the same Desk. What the bench adds is one provider, whose
service is in the bench's process, and the commands on stdin.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

from loguru import logger

from speakdesk.app import desk as desk_module
from speakdesk.app.desk import Desk
from speakdesk.domain.events import Event
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.pipeline.contract import Voice, VoiceOrder
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from tests.bench.measured.window_driver import WindowDriver

RATE_HZ = 16000
POLL_S = 0.05


class BenchProvider(MeetingBaasV2Provider):
    """The product's own client, pointed at the bench's service on this machine."""

    key = "bench"
    needs_public_url = False


class MeasuredDesk:
    """Launches bots into separate meetings and answers the bench's commands."""

    def __init__(self, desk: Desk, answer_s: float) -> None:
        self.desk = desk
        self._answer_s = answer_s
        self._count = 0
        self._driver = WindowDriver(desk.bus.publish)

    async def serve(self, reply_fd: int) -> None:
        """Warm the desk, then serve until told to quit."""
        from tests.bench.measured.control import Control

        await self.desk.warm()
        await Control(
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

    async def _launch(self, bot: str) -> dict[str, Any]:
        self._count += 1
        high, low = divmod(self._count, 26)
        code = f"abc-defg-h{chr(97 + high % 26)}{chr(97 + low)}"
        asked = time.monotonic()
        (bot_id,) = await self.desk.launch(
            Launch(
                meeting=parse_link(f"https://meet.google.com/{code}"),
                personas=self.desk.default_personas(),
                provider="bench",
                rate_hz=RATE_HZ,
                greeting="",
            )
        )
        return {"bot_id": bot_id, "asked": asked, "bot": bot}

    async def _until_ended(self, bot_id: str) -> None:
        while (view := self.desk.bots.get(bot_id)) is not None and view.is_live:
            await asyncio.sleep(POLL_S)

    async def _hush(self, bot_id: str) -> None:
        await self.desk.hush(bot_id)


def build_with_stand_ins(answer_s: float) -> Callable[[VoiceOrder, Callable[[Event], None]], Voice]:
    """The real voice over services that answer at once."""

    def build(order: VoiceOrder, emit: Callable[[Event], None]) -> Voice:
        from speakdesk.pipeline.build import build_voice
        from tests.bench.measured.marks import services

        return build_voice(
            order, emit, services=lambda o: services(o.bot_id, answer_s, o.rate_hz)
        )

    return build


async def headless(desk: Desk, answer_s: float, reply_fd: int) -> None:
    """The desk without a face."""
    await desk.open()
    await MeasuredDesk(desk, answer_s).serve(reply_fd)


def windowed(make: Callable[[], Desk], answer_s: float, reply_fd: int) -> int:
    """The product's own window, over a desk that also listens to the bench."""

    class WatchedDesk(Desk):
        def __new__(cls, *_: Any, **__: Any) -> Any:
            return make()

    desk_module.Desk = WatchedDesk  # type: ignore[misc]
    raise NotImplementedError(answer_s, reply_fd)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reply-fd", type=int, required=True)
    parser.add_argument("--answer-s", type=float, default=2.0)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--window", action="store_true")
    arguments = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
