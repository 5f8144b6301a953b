"""Bad days happen to the bots they were arranged for, and to no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from speakdesk.app.practice import let_it_happen
from speakdesk.domain.incidents import Incidents
from speakdesk.providers.practice.room import PracticeRoom
from tests.fixtures.virtual_time import play


class FakeBot:
    def __init__(self) -> None:
        self.is_in_call = False
        self.finished = asyncio.Event()


class FakeRoom:
    def __init__(self) -> None:
        self.bots: dict[str, FakeBot] = {}
        self.happened: list[tuple[str, str]] = []

    async def drop_socket(self, bot_id: str) -> None:
        self.happened.append(("drop", bot_id))

    async def remove(self, bot_id: str) -> None:
        self.happened.append(("remove", bot_id))
        self.bots[bot_id].finished.set()


def watched(scene: Callable[[FakeRoom, list[Incidents]], object]) -> FakeRoom:
    """Play a scene in a room that is watched; the last of the incidents is the arranged one."""

    async def perform() -> FakeRoom:
        room, arranged = FakeRoom(), [Incidents()]
        watch = asyncio.ensure_future(let_it_happen(cast(PracticeRoom, room), lambda: arranged[-1]))
        await asyncio.sleep(0)
        await cast("asyncio.Future[None]", scene(room, arranged))
        watch.cancel()
        await asyncio.wait([watch])
        return room

    return play(perform())


def test_a_later_launch_without_incidents_is_left_alone() -> None:
    async def scene(room: FakeRoom, arranged: list[Incidents]) -> None:
        arranged.append(Incidents(drop_after_s=2, remove_after_s=5))
        room.bots["first"] = FakeBot()
        await asyncio.sleep(1)
        arranged.append(Incidents())
        room.bots["second"] = FakeBot()
        for bot in room.bots.values():
            bot.is_in_call = True
        await asyncio.sleep(10)

    assert watched(scene).happened == [("drop", "first"), ("remove", "first")]


def test_seconds_count_from_admission_and_a_bot_that_left_is_not_removed() -> None:
    async def scene(room: FakeRoom, arranged: list[Incidents]) -> None:
        arranged.append(Incidents(remove_after_s=5))
        room.bots["waits"], room.bots["leaves"] = FakeBot(), FakeBot()
        await asyncio.sleep(30)
        assert room.happened == []
        room.bots["waits"].is_in_call = room.bots["leaves"].is_in_call = True
        await asyncio.sleep(2)
        room.bots["leaves"].finished.set()
        await asyncio.sleep(10)

    assert watched(scene).happened == [("remove", "waits")]
