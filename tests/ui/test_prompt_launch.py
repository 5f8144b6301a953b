"""A bare prompt instead of a persona, launched from the Desk page."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from speakdesk.ui.pages.desk import DeskPage
from speakdesk.ui.personas.prompt_dialog import PromptDialog
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk


def test_a_bare_prompt_is_launched_as_a_temporary_persona(
    page: DeskPage, desk: FakeDesk, run: Run
) -> None:
    async def script() -> None:
        page.persona_list.prompt.click()
        await until(lambda: open_prompt() is not None)
        opened = open_prompt()
        assert opened is not None
        assert not opened.go.isEnabled()
        assert "practice room" in opened.where.text()
        opened.prompt.setPlainText("You are Ben, a timekeeper. Say when time is over.")
        assert opened.name_field.note == "Ben, if you leave it"
        opened.greeting.setText("I keep the time.")
        opened.go.click()
        await until(lambda: desk.launches)

    run(script())
    [launch] = desk.launches
    [ben] = launch.given
    assert launch.personas == (ben.key,)
    assert (ben.name, ben.greeting, ben.is_temporary) == ("Ben", "I keep the time.", True)
    assert [view.name for view in page.bots.views] == ["Ben"]
    assert page.persona_list.model.chosen == ("ada",)


def test_a_prompt_without_a_meeting_says_what_is_missing(page: DeskPage, run: Run) -> None:
    async def script() -> None:
        page.launch_card.link.setText("")
        page.persona_list.prompt.click()
        await until(lambda: open_prompt() is not None)
        opened = open_prompt()
        assert opened is not None
        opened.prompt.setPlainText("You are Ben.")
        assert opened.where.text() == "Paste a meeting link first."
        assert not opened.go.isEnabled()
        opened.reject()
        await until(lambda: not page._face.tasks.is_running("launch from a prompt"))

    run(script())


def open_prompt() -> PromptDialog | None:
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, PromptDialog) and widget.isVisible():
            return widget
    return None
