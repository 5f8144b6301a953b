"""ngrok's missing program: nothing is fetched unasked, and a person can stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.domain.events import TunnelState
from speakdesk.domain.tunnel import AgentAnswer, AgentOffer
from speakdesk.ui.dialogs.agent import AgentDialog
from speakdesk.ui.session import Session
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk

OFFER = AgentOffer("https://bin.example/ngrok.tgz?x=1", "/home/ada/ngrok", 10_400_000)


@pytest.fixture
def dialog(loop: object) -> Iterator[AgentDialog]:
    parent = QWidget()
    parent.show()
    made = AgentDialog(parent)
    yield made
    made.hide()
    parent.hide()
    parent.deleteLater()


async def asked(dialog: AgentDialog, offer: AgentOffer = OFFER) -> asyncio.Task[AgentAnswer]:
    task = asyncio.ensure_future(dialog.ask(offer))
    await until(dialog.isVisible)
    return task


def test_the_offer_says_from_where_to_where_and_how_much(dialog: AgentDialog, run: Run) -> None:
    async def script() -> None:
        task = await asked(dialog)
        assert dialog.fetch.text() == "Fetch it (10 MB)"
        assert dialog._source.text == "From bin.example"
        assert dialog._target.text == "To /home/ada/ngrok"
        assert not dialog._problem.isVisible()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert await task == AgentAnswer.no()
        assert not dialog.isVisible()

    run(script())


def test_fetching_shows_its_progress_and_can_be_stopped(dialog: AgentDialog, run: Run) -> None:
    stopped: list[bool] = []
    dialog.stopped.connect(lambda: stopped.append(True))

    async def script() -> None:
        task = await asked(dialog)
        dialog.fetch.click()
        assert await task == AgentAnswer.fetch()
        assert dialog.isVisible()
        dialog.show_fraction(0.42)
        assert dialog.bar.value() == 42
        assert not dialog.fetch.isVisible()
        dialog.stop.click()

    run(script())
    assert stopped == [True]
    assert not dialog.isVisible()


def test_an_own_program_is_chosen(dialog: AgentDialog, run: Run, tmp_path: Path) -> None:
    program = tmp_path / "ngrok"
    program.write_bytes(b"")

    async def script() -> None:
        task = await asked(dialog)
        dialog.choose.click()
        files = dialog.findChild(QFileDialog)
        files.fileSelected.emit(str(program))
        files.close()
        assert await task == AgentAnswer.use(str(program))

    run(script())


def test_what_was_wrong_with_the_answer_before_is_said(dialog: AgentDialog, run: Run) -> None:
    problem = Problem(
        Stage.TUNNEL, Reason.BAD_INPUT, "That is no ngrok.", "Choose another.", "exit 1"
    )

    async def script() -> None:
        task = await asked(dialog, AgentOffer("https://bin.example/x", "/t", None, problem))
        assert dialog._problem.text() == "That is no ngrok. Choose another. They said: “exit 1”"
        assert dialog.fetch.text() == "Fetch it"
        dialog.no.click()
        await task

    run(script())


def test_the_question_goes_where_nobody_needs_the_answer(dialog: AgentDialog, run: Run) -> None:
    async def script() -> None:
        task = await asked(dialog)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not dialog.isVisible()

    run(script())


def test_the_window_asks_and_the_header_shows_how_far_it_is(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script() -> int:
        living = asyncio.ensure_future(session.live())
        await until(lambda: session.page is not None)
        assert desk.agent_asker is not None
        asking = asyncio.ensure_future(desk.agent_asker(OFFER))
        await until(session.agent_dialog.isVisible)
        session.agent_dialog.fetch.click()
        assert await asking == AgentAnswer.fetch()
        desk.publish(TunnelState(state="fetching", fraction=0.5))
        await until(lambda: session.window.tunnel.text == "Fetching ngrok 50 %")
        assert session.agent_dialog.bar.value() == 50
        session.agent_dialog.stop.click()
        assert ("cancel_agent_fetch",) in desk.calls
        desk.publish(TunnelState(state="failed"))
        await until(lambda: session.window.tunnel.text == "Tunnel failed")
        session.close_now()
        return await living

    assert run(script()) == 0


def test_a_tunnel_that_opens_takes_the_progress_away(
    session: Session, desk: FakeDesk, run: Run
) -> None:
    async def script() -> int:
        living = asyncio.ensure_future(session.live())
        await until(lambda: session.page is not None)
        assert desk.agent_asker is not None
        asking = asyncio.ensure_future(desk.agent_asker(OFFER))
        await until(session.agent_dialog.isVisible)
        session.agent_dialog.fetch.click()
        await asking
        desk.publish(TunnelState(state="open", public_url="https://ada.ngrok.app"))
        await until(lambda: not session.agent_dialog.isVisible())
        assert session.window.tunnel.toolTip() == "https://ada.ngrok.app"
        session._on_settings_asked()
        assert session.window.tabs.tabText(session.window.tabs.currentIndex()) == "Settings"
        session.close_now()
        return await living

    assert run(script()) == 0
