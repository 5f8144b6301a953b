"""asyncio on the Qt loop: order, fairness, threads, and tasks that are never lost."""

from __future__ import annotations

import asyncio
import threading

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from speakdesk.ui.loop import DeskLoop
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.watchdog import Watchdog, where_is
from tests.ui.conftest import Run, until


def test_callbacks_run_in_order_and_cancelled_ones_do_not(loop: DeskLoop, run: Run) -> None:
    seen: list[int] = []

    async def script() -> None:
        handles = [loop.call_soon(seen.append, n) for n in range(5)]
        handles[2].cancel()
        await asyncio.sleep(0)
        await until(lambda: len(seen) == 4)

    run(script())
    assert seen == [0, 1, 3, 4]


def test_an_endless_chain_of_callbacks_starves_neither_timers_nor_sockets(run: Run) -> None:
    async def script() -> int:
        spins = 0
        is_over = False

        async def spin() -> None:
            nonlocal spins
            while not is_over:
                spins += 1
                await asyncio.sleep(0)

        fired: list[str] = []
        timer = QTimer(singleShot=True, interval=5)
        timer.timeout.connect(lambda: fired.append("timer"))
        timer.start()

        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"x")
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            group.create_task(spin())
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read(1) == b"x"
            await until(lambda: fired)
            is_over = True
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return spins

    assert run(script()) > 1


def test_a_loop_that_qt_leaves_early_is_run_to_the_end_all_the_same(
    loop: DeskLoop, qapp: QApplication
) -> None:
    left: list[str] = []
    passed: list[int] = []

    async def work() -> str:
        for number in range(5):
            qapp.exit(1)
            await asyncio.sleep(0)
            passed.append(number)
        return "done"

    asyncio._set_running_loop(None)
    assert loop.run_to_the_end(work(), lambda: left.append("left")) == "done"
    assert left == ["left"]
    assert passed == [0, 1, 2, 3, 4]


def test_threads_bring_their_results_back(run: Run) -> None:
    async def script() -> tuple[str, bool]:
        name = await asyncio.to_thread(lambda: threading.current_thread().name)
        return name, threading.current_thread() is threading.main_thread()

    name, is_main = run(script())
    assert name.startswith("desk")
    assert is_main


class Source(QObject):
    rang = Signal(int)


def test_a_signal_starts_a_named_task_and_a_newer_one_can_replace_it(run: Run) -> None:
    errors: list[tuple[str, BaseException]] = []
    tasks = Tasks(lambda name, error: errors.append((name, error)))
    source = Source()
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0.01)
        done.append(number)

    tasks.connect(source.rang, work, "work", preempt=True)

    async def script() -> None:
        source.rang.emit(1)
        assert tasks.is_running("work")
        source.rang.emit(2)
        await until(lambda: done)
        await tasks.aclose()

    run(script())
    assert done == [2]
    assert errors == []


def test_what_a_task_raises_is_told_with_its_name(run: Run) -> None:
    errors: list[tuple[str, str]] = []
    tasks = Tasks(lambda name, error: errors.append((name, str(error))))

    async def fail() -> None:
        raise ValueError("no")

    async def script() -> None:
        tasks.start(fail(), "try")
        await until(lambda: errors)

    run(script())
    assert errors == [("try", "no")]


def test_aclose_ends_what_still_runs(run: Run) -> None:
    tasks = Tasks(lambda name, error: pytest.fail(f"{name}: {error}"))

    async def script() -> None:
        started = tasks.start(asyncio.sleep(60), "long")
        await asyncio.sleep(0)
        await tasks.aclose()
        assert started.cancelled()

    run(script())


def test_the_watchdog_names_who_held_the_loop(run: Run) -> None:
    import sys
    import time

    dog = Watchdog(limit_s=0.05)

    async def script() -> None:
        dog.start()
        await asyncio.sleep(0.1)
        time.sleep(0.2)  # noqa: ASYNC251 - holding the loop up is the point
        await until(lambda: dog.worst_s > 0.1)

    run(script())
    dog.stop()
    words = where_is(sys._getframe())
    assert "test_the_watchdog_names_who_held_the_loop (test_desk_loop.py:" in words
    dog.deleteLater()


def test_a_closed_loop_leaves_no_timer_behind(qapp: QApplication) -> None:
    loop = DeskLoop(qapp)
    fired: list[str] = []
    loop.call_later(0.01, fired.append, "later")
    loop.call_soon(fired.append, "soon")
    loop.close()
    loop.call_soon(fired.append, "after the end")
    QTest.qWait(40)
    assert fired == []
    assert loop._timer._ids == set()
