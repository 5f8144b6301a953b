"""Pictures of the real window with the real Desk, for the README.

Run it on a display, or on a virtual one:

    xvfb-run -a -s "-screen 0 1920x1200x24" .venv/bin/python -m tests.ui.screenshots docs/pictures

It launches a bot into the practice room, types a few lines as the person, and saves each page in
both themes. Everything is kept in a folder that is thrown away; no key, no network.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from speakdesk.ui.pages.history import HistoryPage
from speakdesk.ui.personas.editor_head import BOTH
from speakdesk.ui.personas.editor_side import TOLD
from speakdesk.ui.session import Session

PATIENCE_S = 45.0
PERSONAS = ("onboarding_guide",)
LINES = (
    "How do I get my laptop and my accounts?",
    "Who do I ask about holidays?",
)
THEMES = ("light", "dark")


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the condition is about widgets
            await asyncio.sleep(0.05)


class Photographer:
    """Follows a script in a living session and saves what is seen."""

    def __init__(self, session: Session, folder: Path, size: tuple[int, int]) -> None:
        self._session = session
        self._folder = folder
        self._size = size

    def _save(self, name: str) -> None:
        path = self._folder / f"{name}.png"
        self._session.shell.grab().save(str(path))
        print(path)

    async def take(self) -> None:
        session = self._session
        await _until(lambda: session.page is not None)
        page = session.page
        assert page is not None
        try:
            session.shell.resize(*self._size)
            await _until(lambda: session.window.voices.text == "Voices ready")
            page.persona_list.model.choose(PERSONAS)
            page.launch_card.flight.setChecked(True)
            page.launch_card.launch()
            await _until(lambda: len(page.bots.live) == len(PERSONAS))
            await _until(lambda: all(view.line_count for view in page.bots.live))
            page.bot_list.choose(page.bots.views[0].bot_id)
            for line in LINES:
                await self._say_and_hear(line)
            for theme in THEMES:
                session._look.choose(theme)
                await self._every_page(theme)
            await self._editor()
            await self._player()
        finally:
            session.close_now()

    async def _say_and_hear(self, line: str) -> None:
        page = self._session.page
        assert page is not None
        bar = page.transcript_panel.practice
        before = len(page.timing.turns(page.bot_list.chosen))
        bar.line.setText(line)
        bar.speak()
        await _until(lambda: len(page.timing.turns(page.bot_list.chosen)) > before)
        await asyncio.sleep(2.0)

    async def _every_page(self, theme: str) -> None:
        session = self._session
        assert session.page is not None
        session.window.show_page("Desk")
        for place, name in enumerate(("desk", "timing", "log", "details")):
            session.page.tabs.setCurrentIndex(place)
            await asyncio.sleep(0.4)
            self._save(f"{name}-{theme}")
        session.page.tabs.setCurrentIndex(0)
        for name in ("Personas", "History", "Settings"):
            session.window.show_page(name)
            await asyncio.sleep(1.0)
            self._save(f"{name.lower()}-{theme}")

    async def _editor(self) -> None:
        """A persona in the editor: the form beside what the language model will be told."""
        session = self._session
        personas = session.personas_page
        session.window.show_page("Personas")
        personas.choose("interviewer")
        assert personas.persona is not None
        personas.edit(personas.persona)
        await _until(lambda: personas.editor is not None and personas.editor.edit is not None)
        editor = personas.editor
        assert editor is not None
        editor.show_view(BOTH)
        editor.form.show_place("prompt")
        editor.side.tabs.setCurrentIndex(TOLD)
        await _until(editor.side.told.toPlainText)
        for theme in THEMES:
            session._look.choose(theme)
            await asyncio.sleep(0.6)
            self._save(f"persona-editor-{theme}")
        editor.finish()

    async def _player(self) -> None:
        """The meeting's own recording, opened from the history, at its last answer."""
        session = self._session
        assert session.page is not None
        await session.desk.leave_all()
        await _until(lambda: not session.page.bots.live)
        session.window.show_page("History")
        history = session.window.pages.currentWidget()
        assert isinstance(history, HistoryPage)
        await _until(history.play.isVisible)
        history.play.click()
        await _until(lambda: history.host.player is not None)
        player = history.host.player
        assert player is not None
        await _until(lambda: player.view is not None and player.view.story.turns)
        player.waveform.time.show(player.deck.duration_s, 0.0)
        player.waveform.rescaled()
        player.seek(player.view.story.turns[-1].since_s + 1.0)
        for theme in THEMES:
            session._look.choose(theme)
            await asyncio.sleep(1.0)
            self._save(f"flight-{theme}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1280x800")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    width, height = (int(part) for part in given.size.split("x"))
    live = Session.live
    troubles: list[BaseException] = []

    async def live_and_take(self: Session) -> int:
        async def take() -> None:
            try:
                await Photographer(self, given.folder, (width, height)).take()
            except (TimeoutError, AssertionError) as error:
                troubles.append(error)

        taking = asyncio.ensure_future(take())
        status = await live(self)
        await taking
        return status

    Session.live = live_and_take  # type: ignore[method-assign]
    from speakdesk.ui.main import main as window

    with tempfile.TemporaryDirectory() as home:
        os.environ["SPEAKDESK_HOME"] = home
        status = window(["speakdesk"])
    if troubles:
        print(f"The script did not come to its end: {troubles[0]!r}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
