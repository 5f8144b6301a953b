"""The window from its first painting to its end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.events import TunnelState
from speakdesk.domain.meeting import Platform
from speakdesk.ui.interrupts import Interrupts
from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.session import Session
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import START, FakeDesk

Script = Callable[[DeskPage], Coroutine[Any, Any, None]]


async def live_with(session: Session, script: Script) -> int:
    living = asyncio.ensure_future(session.live())
    await until(lambda: session.page is not None)
    assert session.page is not None
    await script(session.page)
    return await living


def question() -> QDialog | None:
    widget = QApplication.activeModalWidget()
    return widget if isinstance(widget, QDialog) else None


def test_a_meeting_by_keyboard_alone(session: Session, desk: FakeDesk, run: Run) -> None:
    async def script(page: DeskPage) -> None:
        shell = session.shell
        shell.activateWindow()
        session.window.tabs.setCurrentIndex(2)
        QTest.keyClick(shell, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        assert session.window.tabs.currentIndex() == 0
        assert page.launch_card.link.selectedText() == "practice://room"
        QTest.keyClick(shell, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: desk.launches)
        QTest.keyClick(shell, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: ("hush_all",) in desk.calls)
        for place in (3, 1, 2, 0):
            key = Qt.Key(Qt.Key.Key_1.value + place)
            QTest.keyClick(shell, key, Qt.KeyboardModifier.ControlModifier)
            assert session.window.pages.currentIndex() == place
        session.close_now()

    assert run(live_with(session, script)) == 0
    assert desk.calls[-1] == ("close",)


def test_closing_asks_once_and_can_be_taken_back(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script(page: DeskPage) -> None:
        for key in ("ada", "marco"):
            desk.move(desk.add_bot(key), BotState.IN_CALL)
        await until(lambda: page.live_count == 2)
        session.shell.close()
        session.shell.close()
        await until(question)
        first = question()
        assert first is not None
        assert first.accessibleName().startswith("2 bots are in meetings")
        dialogs = [w for w in session.shell.findChildren(QDialog) if w.isVisible()]
        assert dialogs == [first]
        first.reject()
        await until(lambda: not session.tasks.is_running("ask before closing"))
        assert session.shell.isVisible()
        assert ("close",) not in desk.calls

        session.shell.close()
        await until(question)
        again = question()
        assert again is not None
        again.accept()

    assert run(live_with(session, script)) == 0
    assert desk.calls[-1] == ("close",)
    assert not session.shell.isVisible()


@pytest.mark.parametrize(("chosen", "is_kept"), [("Keep it", True), ("Take it back", False)])
def test_closing_asks_what_becomes_of_a_bot_that_waits_for_its_time(
    session: Session, desk: FakeDesk, run: Run, chosen: str, is_kept: bool
) -> None:
    async def script(page: DeskPage) -> None:
        waiting = desk.add_bot("ada")
        desk.change(waiting, join_at=START + timedelta(hours=1), provider_bot_id="remote-1")
        await until(lambda: page.live_count == 1)
        session.shell.close()
        await until(question)
        asked = question()
        assert asked is not None
        assert asked.accessibleName().startswith("1 bot waits for its time")
        (answer,) = [b for b in asked.findChildren(QPushButton) if b.text() == chosen]
        answer.click()

    assert run(live_with(session, script)) == 0
    assert desk.kept_waiting is is_kept


def test_closing_without_bots_asks_nothing(session: Session, desk: FakeDesk, run: Run) -> None:
    async def script(_page: DeskPage) -> None:
        session.shell.close()
        assert question() is None

    assert run(live_with(session, script)) == 0


def test_notices_from_before_the_pages_are_not_lost(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    desk.opening = lambda: desk.notice("The settings were repaired.", next_step="Look at them.")

    async def script(_page: DeskPage) -> None:
        await until(lambda: session.window.notices.current)
        current = session.window.notices.current
        assert current is not None
        assert current.sentence == "The settings were repaired."
        desk.notice("And a second one.")
        desk.notice("And a second one.")
        await until(lambda: "1 more" in session.window.notices._more.text())
        session.window.notices.dismiss()
        assert session.window.notices.current is not None
        assert session.window.notices.current.sentence == "And a second one."
        session.close_now()

    assert run(live_with(session, script)) == 0


def test_the_header_tells_voices_and_tunnel(session: Session, desk: FakeDesk, run: Run) -> None:
    async def script(_page: DeskPage) -> None:
        await until(lambda: session.window.voices.text == "Voices ready")
        assert not session.window.tunnel.isVisible()
        desk.publish(TunnelState(state="open", public_url="https://x.example"))
        await until(session.window.tunnel.isVisible)
        assert session.window.tunnel.tone == "good"
        session.close_now()

    run(live_with(session, script))


def test_levels_are_asked_only_while_a_bot_is_live_and_seen(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script(page: DeskPage) -> None:
        assert not session.bridge.is_sampling
        bot = desk.add_bot("ada")
        await until(lambda: session.bridge.is_sampling)
        session.shell.hide()
        assert not session.bridge.is_sampling
        session.shell.show()
        assert session.bridge.is_sampling
        desk.move(bot, BotState.ENDED)
        await until(lambda: not session.bridge.is_sampling)
        session.close_now()

    run(live_with(session, script))


def test_the_theme_is_switched_and_kept(session: Session, desk: FakeDesk, run: Run) -> None:
    async def script(page: DeskPage) -> None:
        combo = session.settings_page._combos["theme"]
        combo.setCurrentIndex(combo.findData("dark"))
        combo.activated.emit(combo.currentIndex())
        assert session._look.theme.name == "dark"
        await until(lambda: str(desk.settings.current.theme) == "dark")
        palette = session.shell.palette()
        assert palette.window().color().name().upper() == session._look.theme.background
        combo.setCurrentIndex(combo.findData("light"))
        combo.activated.emit(combo.currentIndex())
        await until(lambda: str(desk.settings.current.theme) == "light")
        session.close_now()

    run(live_with(session, script))
    assert session._look.theme.name == "light"


def test_a_desk_that_cannot_open_says_so_and_lets_the_window_close(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    def refuse() -> None:
        raise StoreError(
            Problem(Stage.STORE, Reason.UNAVAILABLE, "The disk is full.", "Free some.")
        )

    desk.opening = refuse

    async def script() -> int:
        living = asyncio.ensure_future(session.live())
        await until(lambda: session.window.notices.current)
        current = session.window.notices.current
        assert current is not None
        assert (current.sentence, current.next_step) == ("The disk is full.", "Free some.")
        session.shell.close()
        return await living

    assert run(script()) == 1


def test_use_on_the_personas_page_chooses_and_goes_to_the_desk(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script(page: DeskPage) -> None:
        session.window.show_page("Personas")
        cards = session.personas_page.cards
        cards.setCurrentIndex(cards.model().index(4, 0))
        assert "Knows" in session.personas_page.details.body.toPlainText()
        session.personas_page.details.use.click()
        assert session.window.tabs.currentIndex() == 0
        assert page.persona_list.model.chosen == ("lena",)
        session.close_now()

    run(live_with(session, script))


def test_try_on_the_personas_page_meets_it_in_the_practice_room(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script(page: DeskPage) -> None:
        session.window.show_page("Personas")
        session.personas_page.choose("otto")
        page.launch_card.link.setText("https://meet.google.com/abc-defg-hij")
        session.personas_page.details.try_it.click()
        await until(lambda: desk.launches)
        assert session.window.tabs.currentIndex() == 0
        session.close_now()

    run(live_with(session, script))
    [launch] = desk.launches
    assert launch.meeting.platform is Platform.PRACTICE
    assert (launch.personas, launch.provider) == (("otto",), "practice")
    assert [one.name for one in launch.given] == ["Otto"]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself Ctrl+C there")
def test_ctrl_c_in_the_terminal_reaches_the_loop(run: Run) -> None:
    asked: list[str] = []
    owner = QWidget()
    interrupts = Interrupts(lambda: asked.append("close"), owner)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        run(until(lambda: asked))
    finally:
        interrupts.close()
        owner.deleteLater()
    assert asked == ["close"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
