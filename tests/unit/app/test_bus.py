"""The bus keeps the order and survives its subscribers."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from loguru import logger

from speakdesk.app.bus import EventBus
from speakdesk.domain.events import Event, LogLine, Notice

if TYPE_CHECKING:
    from loguru import Message


def notice(text: str) -> Notice:
    return Notice(level="info", sentence=text)


def test_everybody_sees_the_same_order_even_when_a_subscriber_publishes() -> None:
    bus = EventBus()
    first: list[str] = []
    second: list[str] = []

    def answer(event: Event) -> None:
        assert isinstance(event, Notice)
        first.append(event.sentence)
        if event.sentence == "a":
            bus.publish(notice("b"))

    bus.subscribe(answer)
    bus.subscribe(lambda e: second.append(e.sentence))  # type: ignore[attr-defined]
    bus.publish(notice("a"))
    assert first == second == ["a", "b"]


def test_a_subscriber_that_raises_stops_nobody() -> None:
    bus = EventBus()
    seen: list[Event] = []

    def broken(_: Event) -> None:
        raise ValueError

    bus.subscribe(broken)
    bus.subscribe(seen.append)
    bus.publish(notice("a"))
    assert len(seen) == 1


def test_unsubscribing_twice_is_fine() -> None:
    bus = EventBus()
    seen: list[Event] = []
    stop = bus.subscribe(seen.append)
    stop()
    stop()
    bus.publish(notice("a"))
    assert seen == []


async def test_events_from_threads_arrive_on_the_loop() -> None:
    bus = EventBus()
    bus.bind()
    arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    bus.subscribe(lambda e: arrived.set_result(threading.current_thread().name))
    await asyncio.to_thread(bus.publish_from_thread, notice("a"))
    assert await arrived == threading.main_thread().name


def test_a_subscriber_that_fails_on_its_own_report_is_reported_once() -> None:
    bus = EventBus()
    told: list[Event] = []

    def echo(message: Message) -> None:
        bus.publish(LogLine(level="error", source="bus", text=str(message)))

    def broken(_: Event) -> None:
        raise BrokenPipeError

    bus.subscribe(broken)
    bus.subscribe(told.append)
    sink = logger.add(echo, level="ERROR", format="{message}")
    try:
        bus.publish(notice("a"))
    finally:
        logger.remove(sink)
    reports = [e.text.splitlines()[0] for e in told if isinstance(e, LogLine)]
    assert reports == ["a subscriber failed on notice", "a subscriber failed on log"]
