"""What a person does with a persona of the library; each ends in a sentence, most with an undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from speakdesk.app.personas.sharing import Form
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import Picture
from speakdesk.ui.dialogs.ask import ask, ask_files, ask_folder, ask_save_path
from speakdesk.ui.face import Face
from speakdesk.ui.personas.draft_dialog import draft_dialog
from speakdesk.ui.personas.import_dialog import import_dialog
from speakdesk.ui.personas.picture_dialog import REMOVED, picture_dialog
from speakdesk.ui.personas.voice_dialog import voice_dialog
from speakdesk.ui.words import count


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """One form a persona can be given away in."""

    title: str
    form: Form
    ending: str = ""
    is_v2: bool = False


EXPORTS = (
    ExportChoice("Folder…", Form.FOLDER),
    ExportChoice("Zip file…", Form.ZIP, ".zip"),
    ExportChoice("Character card with picture (PNG)…", Form.PNG, ".png"),
    ExportChoice("Character card (JSON)…", Form.JSON, ".json"),
    ExportChoice("Character card archive (CHARX)…", Form.CHARX, ".charx"),
    ExportChoice("Older card, V2 (PNG)…", Form.PNG, ".png", True),
    ExportChoice("Older card, V2 (JSON)…", Form.JSON, ".json", True),
)


class PersonaActions(QObject):
    """Emits `told` with a sentence and how to undo it (or None), `chosen` with a key to select,
    `edit_asked` with a persona and whether it is new."""

    told = Signal(str, object)
    chosen = Signal(str)
    edit_asked = Signal(object, bool)

    def __init__(self, face: Face, window: QWidget) -> None:
        super().__init__(window)
        self._face = face
        self._window = window

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        async def and_tell() -> None:
            try:
                await work
            except SpeakDeskError as e:
                self._face.tell_problem(e.problem)

        self._face.tasks.start(and_tell(), name)

    def _undo(self, make: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        return lambda: self._start(make(), "undo")

    # -- new ones -------------------------------------------------------------------------------

    def new(self) -> None:
        """An empty persona in the editor."""
        self.edit_asked.emit(self._face.desk.personas.blank(), True)

    def describe(self) -> None:
        """A persona from a sentence, looked over, then in the editor."""
        self._start(self._describe(), "describe a persona")

    async def _describe(self) -> None:
        persona = await draft_dialog(self._face, self._window)
        if persona is not None:
            self.edit_asked.emit(persona, True)

    def duplicate(self, persona: Persona) -> None:
        """A copy of the person's own."""
        self._start(self._duplicate(persona), "duplicate a persona")

    async def _duplicate(self, persona: Persona) -> None:
        made = await self._face.desk.personas.duplicate(persona.key)
        self.chosen.emit(made.key)
        self.told.emit(f"{made.name} is yours.", self._undo(partial(self._take_back, made.key)))

    async def _take_back(self, key: str) -> None:
        await self._face.desk.personas.delete(key)

    # -- taking away ----------------------------------------------------------------------------

    def delete(self, persona: Persona) -> None:
        """Into the trash, with an undo."""
        self._start(self._delete(persona), "delete a persona")

    async def _delete(self, persona: Persona) -> None:
        entry = await self._face.desk.personas.delete(persona.key)
        words = f"{persona.name} was deleted."
        if any(one.key == persona.key for one in self._face.desk.personas.all()):
            words = f"Your copy of {persona.name} was deleted; the one behind it is back."
        self.told.emit(words, self._undo(partial(self.restore, entry.id)))

    async def restore(self, entry_id: str) -> None:
        """Bring a deleted persona back. Raises PersonaError."""
        back = await self._face.desk.personas.restore(entry_id)
        self.chosen.emit(back.key)
        self.told.emit(f"{back.name} is back.", None)

    def start_restore(self, entry_id: str) -> None:
        """The same, from a menu."""
        self._start(self.restore(entry_id), "restore a persona")

    # -- giving away and taking in --------------------------------------------------------------

    def export(self, persona: Persona, choice: ExportChoice) -> None:
        """Ask where to, and write it."""
        self._start(self._export(persona, choice), "export a persona")

    async def _export(self, persona: Persona, choice: ExportChoice) -> None:
        to = await self._where_to(persona, choice)
        if to is None:
            return
        path, exported = await self._face.desk.sharing.export_to(
            persona.key, choice.form, to, is_v2=choice.is_v2
        )
        notes = f" {' '.join(exported.notes)}" if exported.notes else ""
        self.told.emit(f"{persona.name} was written to {path}.{notes}", None)

    async def _where_to(self, persona: Persona, choice: ExportChoice) -> Path | None:
        title = f"Export {persona.name}"
        if choice.form is Form.FOLDER:
            return await ask_folder(self._window, f"{title} into which folder?")
        name, pattern = f"{persona.key}{choice.ending}", f"*{choice.ending}"
        found = await ask_save_path(self._window, title, name, [f"{choice.title[:-1]} ({pattern})"])
        if found is None:
            return None
        path = found[0]
        if path.suffix.lower() == choice.ending:
            return path
        # The file dialog asked about the name without its ending only.
        path = path.with_name(f"{path.name}{choice.ending}")
        if await asyncio.to_thread(path.exists) and not await ask(
            self._window, f"There is a {path.name} already.", "Exporting replaces it.", "Replace"
        ):
            return None
        return path

    def ask_import(self) -> None:
        """Ask for files, look at them, take them in."""
        self._start(self._ask_import(), "choose what to import")

    async def _ask_import(self) -> None:
        paths = await ask_files(
            self._window,
            "Import personas",
            ["Personas (*.zip *.png *.json *.charx *.md)", "All files (*)"],
        )
        if paths:
            await self._import(paths)

    def ask_import_folder(self) -> None:
        """Ask for a folder, look at it, take it in."""
        self._start(self._ask_import_folder(), "choose a folder to import")

    async def _ask_import_folder(self) -> None:
        folder = await ask_folder(self._window, "Import personas from which folder?")
        if folder is not None:
            await self._import([folder])

    def take_in(self, paths: Sequence[Path]) -> None:
        """Look at what was dropped, and take it in where the person says so."""
        self._start(self._import(paths), "import what was dropped")

    async def _import(self, paths: Sequence[Path]) -> None:
        keys = await import_dialog(self._face, paths, self._window)
        if keys:
            self.chosen.emit(keys[0])
            self.told.emit(f"{count(len(keys), 'persona')} imported.", None)

    # -- voice, picture, folder -----------------------------------------------------------------

    def choose_voice(self, persona: Persona) -> None:
        """Another voice, saved at once."""
        self._start(self._choose_voice(persona), "choose a voice")

    async def _choose_voice(self, persona: Persona) -> None:
        voice = await voice_dialog(self._face, persona, self._window)
        if voice is None:
            return
        shelf = self._face.desk.personas
        was_own = shelf.is_own(persona)
        voiced = self._face.desk.studio.with_voice(persona, voice)
        saved = await shelf.save(voiced, persona, why=f"voice: {voice.name}")
        self.chosen.emit(saved.key)
        words = f"{persona.name} speaks with {voice.name} now."
        if was_own:
            self.told.emit(words, self._undo(partial(self._save_again, persona, saved)))
        else:
            self.told.emit(f"{words} It is your own copy.", self._undo_copy(saved.key))

    async def _save_again(self, persona: Persona, saved: Persona) -> None:
        await self._face.desk.personas.save(persona, saved, why="undone")

    def _undo_copy(self, key: str) -> Callable[[], None]:
        return self._undo(partial(self._take_back, key))

    def choose_picture(self, persona: Persona) -> None:
        """Another picture, or none, saved at once."""
        self._start(self._choose_picture(persona), "choose a picture")

    async def _choose_picture(self, persona: Persona) -> None:
        picture = await picture_dialog(self._face, persona, self._window, can_remove=True)
        if picture is None:
            return
        studio = self._face.desk.studio
        before = await self._picture_of(persona)
        was_own = self._face.desk.personas.is_own(persona)
        if picture is REMOVED:
            saved = await studio.remove_picture(persona)
            words = f"{persona.name}'s picture is gone."
            if saved.picture is not None:
                words = f"{words} {saved.picture.name} of its folder is shown now."
        else:
            saved = await studio.attach_picture(persona, picture)
            words = f"{persona.name} has a new picture."
        self.chosen.emit(saved.key)
        if not was_own:
            self.told.emit(f"{words} It is your own copy.", self._undo_copy(saved.key))
        else:
            self.told.emit(words, self._undo(partial(self._put_back, saved.key, before)))

    async def _picture_of(self, persona: Persona) -> Picture | None:
        if persona.picture is None:
            return None
        try:
            data = await asyncio.to_thread(persona.picture.read_bytes)
            return await self._face.desk.studio.check_picture(data)
        except (OSError, SpeakDeskError):
            # A picture nobody can read is not worth bringing back.
            return None

    async def _put_back(self, key: str, before: Picture | None) -> None:
        persona, studio = self._face.desk.personas.get(key), self._face.desk.studio
        if before is None:
            await studio.remove_picture(persona)
        else:
            await studio.attach_picture(persona, before)
        self.told.emit(f"{persona.name}'s picture is as it was.", None)

    def open_folder(self, folder: Path | None) -> None:
        """Show a persona's files in the computer's own file browser."""
        if folder is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._face.tell("attention", "The folder could not be opened.", f"It is {folder}.")

    def look_again(self) -> None:
        """Read what changed on disk now."""
        self._start(self._look_again(), "read the personas again")

    async def _look_again(self) -> None:
        await self._face.desk.personas.reload()
