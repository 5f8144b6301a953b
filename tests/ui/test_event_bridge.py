"""Events reach the window in batches; nothing runs while nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from speakdesk.domain.events import Event, LineFinal, LinePartial, LogLine
from speakdesk.ui.bridge import BATCH_EVENTS, EventBridge
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk


@pytest.fixture
def bridge(desk: FakeDesk, loop: object) -> Iterator[EventBridge]:
    made = EventBridge()
    made.attach(desk.bus)
    yield made
    made.detach()
    made.deleteLater()


def test_at_most_thirty_batches_a_second(bridge: EventBridge, desk: FakeDesk, run: Run) -> None:
    batches: list[list[Event]] = []
    bridge.arrived.connect(batches.append)

    async def speak() -> float:
        started = asyncio.get_running_loop().time()
        for number in range(300):
            desk.log(f"line {number}")
            await asyncio.sleep(0.001)
        await until(lambda: sum(map(len, batches)) == 300)
        return asyncio.get_running_loop().time() - started

    took_s = run(speak())

    assert len(batches) <= took_s * 30 + 2
    texts = [e.text for batch in batches for e in batch if isinstance(e, LogLine)]
    assert texts == [f"line {n}" for n in range(300)]


def test_of_a_lines_partial_states_only_the_newest_arrives(
    bridge: EventBridge, desk: FakeDesk
) -> None:
    batches: list[list[Event]] = []
    bridge.arrived.connect(batches.append)
    for text in ("I", "I am", "I am here"):
        desk.partial("b", "1", "Ada", text)
    desk.line("b", "0", "You", "Hm")
    bridge.flush()

    assert [type(e) for e in batches[0]] == [LinePartial, LineFinal]
    assert batches[0][0].text == "I am here"  # type: ignore[attr-defined]


def test_a_flood_is_cut_into_batches_in_order(
    bridge: EventBridge, desk: FakeDesk, run: Run
) -> None:
    batches: list[list[Event]] = []
    bridge.arrived.connect(batches.append)
    total = BATCH_EVENTS * 2 + 5
    for number in range(total):
        desk.log(str(number))
    run(until(lambda: sum(map(len, batches)) == total))

    assert max(map(len, batches)) <= BATCH_EVENTS
    assert [e.text for batch in batches for e in batch] == [str(n) for n in range(total)]  # type: ignore[attr-defined]


def test_detached_it_hears_nothing_and_runs_no_timer(bridge: EventBridge, desk: FakeDesk) -> None:
    batches: list[list[Event]] = []
    bridge.arrived.connect(batches.append)
    bridge.start_sampling()
    desk.log("x")
    bridge.detach()
    bridge.flush()

    assert batches == []
    assert not bridge.is_sampling
