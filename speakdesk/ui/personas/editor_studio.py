"""The editor's ways to a voice, a picture and knowledge files: dialogs, and what they bring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from speakdesk.app.personas.editing import PersonaEdit
from speakdesk.app.personas.knowledge import read_knowledge
from speakdesk.domain.errors import PersonaError, SpeakDeskError
from speakdesk.domain.persona import Knowledge
from speakdesk.ui.personas.editor_picture import round_picture
from speakdesk.ui.sample_player import SamplePlayer
from speakdesk.ui.words import count

if TYPE_CHECKING:
    from speakdesk.ui.personas.editor import PersonaEditor

_PLAY = "persona play"


class Studio:
    """Whatever is chosen becomes one step of the edit."""

    def __init__(self, editor: PersonaEditor) -> None:
        self._editor = editor
        self._tasks = editor.face.tasks
        self.player = SamplePlayer(editor.face, editor)
        form = editor.form
        self.player.changed.connect(lambda: form.voice.set_playing(self.player.is_playing))
        form.voice.voice_asked.connect(self.choose_voice)
        form.voice.play_asked.connect(self.play)
        form.person.picture_asked.connect(self.choose_picture)
        form.knowledge.files_asked.connect(self._ask_files)
        form.knowledge.dropped.connect(self.take_files)

    def stop(self) -> None:
        """Be silent."""
        self.player.stop()

    def _edit(self) -> PersonaEdit | None:
        self._editor.flush()
        return self._editor.edit

    # -- voice ----------------------------------------------------------------------------------

    def choose_voice(self) -> None:
        """Open the dialog with the voices."""
        if (edit := self._edit()) is not None:
            self.stop()
            self._tasks.start(self._choose_voice(edit), "persona voice", preempt=True)

    async def _choose_voice(self, edit: PersonaEdit) -> None:
        from speakdesk.ui.personas.voice_dialog import voice_dialog

        voice = await voice_dialog(self._editor.face, edit.persona, self._editor.window())
        if voice is None or self._editor.edit is not edit:
            return
        before = edit.persona
        after = self._editor.face.desk.studio.with_voice(before, voice).metadata
        values = {k: v for k, v in after.items() if before.metadata.get(k) != v}
        try:
            edit.end_run()
            edit.set_values(values, "voice choice")
        except PersonaError as e:
            self._editor.say_problem(e)
        self._editor.show_all()

    def play(self) -> None:
        """Say the greeting in the persona's voice, or stop."""
        if self._tasks.is_running(_PLAY):
            return
        if self.player.is_playing:
            self.player.stop()
        elif (edit := self._edit()) is not None:
            self._tasks.start(self._play(edit), _PLAY)

    async def _play(self, edit: PersonaEdit) -> None:
        desk, section = self._editor.face.desk, self._editor.form.voice
        persona = edit.persona
        section.play.setEnabled(False)
        try:
            sample = await desk.studio.hear(persona, desk.plan(persona))
            if self._editor.edit is edit and (trouble := await self.player.play(sample)):
                section.set_voice(section.voice.text, trouble, is_wrong=True)
        except SpeakDeskError as e:
            told = f"{e.problem.sentence} {e.problem.next_step}".strip()
            section.set_voice(section.voice.text, told, is_wrong=True)
        finally:
            section.play.setEnabled(True)

    # -- picture --------------------------------------------------------------------------------

    def choose_picture(self) -> None:
        """Open the dialog that draws and crops."""
        if (edit := self._edit()) is not None:
            self._tasks.start(self._choose_picture(edit), "persona picture", preempt=True)

    async def _choose_picture(self, edit: PersonaEdit) -> None:
        from speakdesk.ui.personas.picture_dialog import picture_dialog

        picture = await picture_dialog(
            self._editor.face, edit.persona, self._editor.window(), can_remove=True
        )
        if picture is not None and self._editor.edit is edit:
            edit.end_run()
            edit.set_picture(picture)
            edit.end_run()
            self._editor.show_all()
            self.show_picture()

    def show_picture(self) -> None:
        """Show the new picture, or the one in the folder."""
        if (edit := self._editor.edit) is not None:
            self._tasks.start(self._show_picture(edit), "persona picture shown", preempt=True)

    async def _show_picture(self, edit: PersonaEdit) -> None:
        picture, saved = edit.state.picture, edit.persona.picture
        source: Path | bytes | None = picture.data if picture is not None else saved
        image = await round_picture(source) if source else None
        if self._editor.edit is edit:
            person = self._editor.form.person
            person.face.set_image(image)
            if picture is not None:
                words = "Save puts it into the folder." if picture.data else "Save removes it."
                person.set_picture_note(words)
            else:
                person.set_picture_note("")

    def tell_picture(self, problem: str) -> None:
        """Say what is wrong with the picture the file names."""
        edit = self._editor.edit
        if edit is not None and edit.state.picture is None:
            self._editor.form.person.set_picture_note(problem, is_wrong=bool(problem))

    # -- knowledge ------------------------------------------------------------------------------

    def _ask_files(self) -> None:
        dialog = QFileDialog(self._editor.window(), "Knowledge for this persona")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(["Text (*.md *.txt *.markdown)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda found: self.take_files([Path(f) for f in found]))
        dialog.open()

    def take_files(self, paths: Sequence[Path]) -> None:
        """Read these files and add them; one of the same name is replaced."""
        if (edit := self._edit()) is not None:
            self._tasks.start(self._take_files(edit, tuple(paths)), "persona knowledge")

    async def _take_files(self, edit: PersonaEdit, paths: Sequence[Path]) -> None:
        found: list[Knowledge] = []
        troubles: list[PersonaError] = []
        for path in paths:
            try:
                found.append(await read_knowledge(path))
            except PersonaError as e:
                troubles.append(e)
        if self._editor.edit is not edit:
            return
        there = {item.name for item in edit.state.knowledge}
        replaced = [item.name for item in found if item.name in there]
        edit.end_run()
        self._editor.form.knowledge.take(found)
        edit.end_run()
        if replaced:
            self._editor.face.tell(
                "info",
                f"{count(len(replaced), 'file')} of the same name replaced: {', '.join(replaced)}.",
                "Undo brings the old text back.",
            )
        for trouble in troubles:
            self._editor.say_problem(trouble)
