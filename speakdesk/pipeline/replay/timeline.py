"""A recording's clock on a replay's loop."""

from __future__ import annotations

import asyncio


class Timeline:
    """The recording's clock on the replay's loop: `zero_s` is the loop's time at its beginning."""

    def __init__(self, zero_s: float) -> None:
        self.zero_s = zero_s

    def now_s(self) -> float:
        """Seconds into the recording."""
        return asyncio.get_running_loop().time() - self.zero_s

    async def until(self, at_s: float) -> None:
        """Wait for a moment of the recording; returns at once where it is past."""
        wait_s = at_s - self.now_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
