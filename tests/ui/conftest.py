"""The window under test: offscreen, on a real DeskLoop, with a Desk that does what it is told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from loguru import logger
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from speakdesk.app.tasks import held
from speakdesk.ui.face import Face
from speakdesk.ui.loop import DeskLoop
from speakdesk.ui.models.personas import PersonasModel
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.resources import resource_folder
from speakdesk.ui.session import Session
from speakdesk.ui.shell import Shell
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.theme import Look
from speakdesk.ui.tokens import LIGHT
from tests.ui.fake_desk import FakeDesk

PATIENCE_S = 10.0
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> Look:
    qapp.setQuitOnLastWindowClosed(False)
    return Look(qapp, resource_folder(), "light")


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[DeskLoop]:
    """A loop of its own; fails the test that leaves a task behind."""
    made = DeskLoop(qapp)
    asyncio.set_event_loop(made)
    # A test is one long callback of the running loop, as a slot in the window is.
    asyncio._set_running_loop(made)
    yield made
    asyncio._set_running_loop(None)
    left = [task.get_name() for task in asyncio.all_tasks(made) | held() if not task.done()]
    made.close()
    asyncio.set_event_loop(None)
    assert left == []


@pytest.fixture
def run(loop: DeskLoop) -> Run:
    """Run a coroutine to its end, with the Qt loop turning."""

    def _run(coro: Coroutine[Any, Any, Any]) -> Any:
        asyncio._set_running_loop(None)
        try:
            return loop.run_until_complete(asyncio.wait_for(coro, PATIENCE_S))
        finally:
            asyncio._set_running_loop(loop)

    return _run


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves windows or running timers behind, or writes a warning to the log."""
    before = set(map(id, qapp.topLevelWidgets()))
    warnings: list[str] = []
    sink = logger.add(lambda message: warnings.append(str(message)), level="WARNING")
    yield
    logger.remove(sink)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    windows = [w for w in qapp.topLevelWidgets() if id(w) not in before and w.isVisible()]
    timers = [
        timer
        for widget in qapp.topLevelWidgets()
        if id(widget) not in before
        for timer in widget.findChildren(QTimer)
        if timer.isActive()
    ]
    assert windows == []
    assert timers == []
    assert [w for w in warnings if "stood still" not in w] == []


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def tasks() -> Tasks:
    def _fail(name: str, error: BaseException) -> None:
        raise AssertionError(f"{name} raised {error!r}")

    return Tasks(_fail)


@pytest.fixture
def notices() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def face(desk: FakeDesk, look: Look, tasks: Tasks, notices: list[tuple[str, str, str]]) -> Face:
    return Face(desk, look, tasks, lambda *notice: notices.append(notice))


@pytest.fixture
def page(face: Face, run: Run) -> Iterator[DeskPage]:
    """The Desk page on screen, its events applied at once."""
    personas = PersonasModel()
    made = DeskPage(face, personas)
    made.complete()
    made.load()
    made.resize(1280, 760)
    made.show()
    stop = face.desk.bus.subscribe(lambda event: made.apply([event]))
    yield made
    stop()
    made.audio.close()
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()
    personas.deleteLater()


@pytest.fixture
def session(loop: DeskLoop, look: Look, desk: FakeDesk) -> Iterator[Session]:
    """The whole window, not yet living."""
    shell = Shell(LIGHT)
    made = Session(shell, look, lambda: desk)
    shell.show()
    yield made
    shell.allow_close()
    shell.close()
    shell.deleteLater()


async def until(condition: Callable[[], Any]) -> None:
    """Turn the loop until the condition holds; the caller's patience ends it."""
    while not condition():  # noqa: ASYNC110 - the condition is about widgets, which have no event
        await asyncio.sleep(0.005)
