"""What a recording is told by a voice: what came, what went, what was dropped, sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.fixtures.meeting import meeting
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"
LONG = (
    "First we look at the numbers of last month and then at what they mean for the next one. "
    "After that everybody says in a sentence or two what they are working on right now."
)


@dataclass
class Listening:
    """Keeps what it is told."""

    told: list[str] = field(default_factory=list)
    heard_pcm: bytearray = field(default_factory=bytearray)
    sent_pcm: bytearray = field(default_factory=bytearray)
    dropped: list[tuple[bytes, int, float]] = field(default_factory=list)
    speakers: set[tuple[str, ...]] = field(default_factory=set)
    rates: set[int] = field(default_factory=set)

    def opened(self, rate_hz: int) -> None:
        self.told.append(f"opened {rate_hz}")

    def closed(self, code: int | None, reason: str) -> None:
        self.told.append(f"closed {code} {reason}".strip())

    def refused(self, reason: str) -> None:
        self.told.append(f"refused {reason}")

    def heard(self, pcm: bytes, rate_hz: int, speakers: Iterable[str]) -> None:
        self.heard_pcm += pcm
        self.rates.add(rate_hz)
        self.speakers.add(tuple(sorted(speakers)))

    def sent(self, pcm: bytes, rate_hz: int) -> None:
        self.sent_pcm += pcm
        self.rates.add(rate_hz)

    def discarded(self, pcm: bytes, rate_hz: int, on_wire_s: float) -> None:
        self.dropped.append((pcm, rate_hz, on_wire_s))


def test_everything_that_passes_is_told_as_it_passes() -> None:
    async def scene() -> None:
        tap = Listening()
        room = meeting(rate_hz=24000, answers=[LONG], tap=tap)
        await room.open()
        room.roster(Priya_Patel=True, Ada=False)
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet()
        assert tap.told == ["opened 24000"]
        assert bytes(tap.sent_pcm) == room.socket.pcm()
        assert ("Priya Patel",) in tap.speakers
        assert len(tap.heard_pcm) > 3 * 48000
        assert tap.rates == {24000}
        assert not tap.dropped
        await room.close()
        assert tap.told == ["opened 24000", "closed 1000 the bot has left"]

    play(scene())


def test_what_an_interruption_keeps_back_is_told() -> None:
    async def scene() -> None:
        tap = Listening()
        room = meeting(rate_hz=16000, tts_rate_hz=16000, tap=tap)
        await room.open()
        await room.voice.say(LONG)
        await room.until_speaking()
        await asyncio.sleep(2.0)
        await room.voice.hush()
        (pcm, rate_hz, on_wire_s), *rest = tap.dropped
        assert rate_hz == 16000
        assert 0 < on_wire_s <= 0.2
        assert not rest
        whole_s = len(LONG) / 15
        assert abs((len(tap.sent_pcm) + len(pcm)) / 32000 - whole_s) < 0.05
        await room.close()

    play(scene())


def test_sockets_that_come_and_go_are_told_each_with_its_end() -> None:
    async def scene() -> None:
        tap = Listening()
        room = meeting(tap=tap)
        await room.open()
        await asyncio.sleep(0.5)
        room.socket.drop()
        await asyncio.sleep(0.5)
        room.connect()
        await asyncio.sleep(0.5)
        room.connect()
        await asyncio.sleep(0.5)
        await room.close()
        assert tap.told == [
            "opened 16000",
            "closed 1006",
            "opened 16000",
            "closed 1000 replaced by a newer connection",
            "opened 16000",
            "closed 1000 the bot has left",
        ]

    play(scene())
