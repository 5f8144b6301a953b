"""Keeping an edit: drafts while typing, saving, and what happens when others change the files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from speakdesk.app.personas.editing import Meeting, PersonaEdit
from speakdesk.app.personas.shelf import Draft
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.domain.picture import Picture
from speakdesk.ui.personas.editor_versions import saved_words

if TYPE_CHECKING:
    from speakdesk.ui.personas.editor import PersonaEditor

_DRAFT_MS = 2000
_DRAFT, _SAVE, _OUTSIDE = "persona draft", "persona save", "persona outside"


class Keeping:
    """The editor's way to the shelf; one thing at a time."""

    def __init__(self, editor: PersonaEditor) -> None:
        self._editor = editor
        self._shelf = editor.face.desk.personas
        self._tasks = editor.face.tasks
        self._one = asyncio.Lock()
        self._offered: Draft | None = None
        self._is_saving = False
        self._has_kept = False
        self._timer = QTimer(editor, singleShot=True, interval=_DRAFT_MS)
        self._timer.timeout.connect(self._on_timer)

    # -- drafts ---------------------------------------------------------------------------------

    def offer_draft(self) -> None:
        """Look for text that was typed and never saved, and ask what shall become of it."""
        self._offered = None
        self._has_kept = False
        edit = self._editor.edit
        if edit is not None:
            self._tasks.start(self._offer(edit), "persona draft offer", preempt=True)

    async def _offer(self, edit: PersonaEdit) -> None:
        async with self._one:
            draft = await self._shelf.draft(edit.draft_key)
        if draft is None or self._editor.edit is not edit:
            return
        state, texts = edit.state, draft.texts
        if texts.source == state.source and texts.knowledge == state.knowledge:
            await self._shelf.discard_draft(edit.draft_key)
            return
        self._offered = draft
        self._enable(False)
        whose = edit.persona.name if edit.base is not None else "a new persona"
        words = f"Text for {whose} that was not saved is still here: {saved_words(draft.kept)}."
        if self._shelf.is_stale(draft):
            words += " The persona was changed on disk since then."
        self._editor.strip.say(
            words, (("Continue with it", self.restore), ("Discard it", self.discard))
        )
        self._editor.strip.buttons[0].setFocus()

    def restore(self) -> None:
        """Go on with the offered text; it is not saved yet."""
        draft, self._offered = self._offered, None
        edit = self._editor.edit
        self._enable(True)
        self._editor.strip.close_strip()
        if draft is None or edit is None:
            return
        edit.restore(draft, is_stale=self._shelf.is_stale(draft))
        self._has_kept = True
        self._editor.show_all()
        self._show_conflict()

    def discard(self) -> None:
        """Forget the offered text."""
        self._offered = None
        edit = self._editor.edit
        self._enable(True)
        self._editor.strip.close_strip()
        if edit is not None:
            self._tasks.start(self._shelf.discard_draft(edit.draft_key), "persona draft discard")

    def _enable(self, is_on: bool) -> None:
        self._editor.form.setEnabled(is_on)
        self._editor.side.setEnabled(is_on)

    def soon(self) -> None:
        """Keep the draft within two seconds, also where the person never pauses."""
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Keep nothing more by itself."""
        self._timer.stop()

    def _on_timer(self) -> None:
        self._editor.flush()
        # What the flush itself asked for is done now.
        self._timer.stop()
        self.keep_draft()

    def keep_draft(self) -> None:
        """Put what is unsaved aside, off the loop."""
        edit = self._editor.edit
        if edit is not None:
            self._tasks.start(self.keep_now(edit), _DRAFT, preempt=True)

    async def keep_now(self, edit: PersonaEdit) -> None:
        """Put what is unsaved aside; an offered draft is left alone."""
        if self._offered is not None:
            return
        async with self._one:
            if not edit.is_dirty:
                if self._has_kept:
                    self._has_kept = False
                    await self._shelf.discard_draft(edit.draft_key)
                return
            try:
                await self._shelf.keep_draft(edit.persona, edit.base)
                self._has_kept = True
            except PersonaError as e:
                self._editor.say_problem(e)

    def leave(self) -> None:
        """Keep what is unsaved, then end the edit."""
        edit = self._editor.edit
        if edit is not None:
            self._tasks.start(self._leave(edit), "persona leave", preempt=True)

    async def _leave(self, edit: PersonaEdit) -> None:
        editor = self._editor
        if self._offered is None:
            await self.keep_now(edit)
            if editor.edit is not edit:
                return
            if edit.is_dirty:
                if editor.trouble.words and not self._has_kept:
                    return
                editor.face.tell(
                    "info",
                    f"What you changed in {edit.persona.name} is not saved; it was kept aside.",
                    "Edit the persona again to go on with it.",
                )
        editor.finish()

    # -- saving ---------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the persona; what stands in the way is said in place."""
        edit = self._editor.edit
        if edit is None or self._is_saving or not (edit.is_dirty or edit.is_new):
            return
        if self._editor.wrong:
            place, sentence = next(iter(self._editor.wrong.items()))
            self._editor.trouble.say(sentence, tone="bad")
            self._editor.form.show_place(place)
            return
        if edit.conflict is not None:
            self._show_conflict()
            return
        self._is_saving = True
        self._editor.head.save.setEnabled(False)
        self._tasks.start(self._save(edit), _SAVE)

    async def _save(self, edit: PersonaEdit) -> None:
        editor = self._editor
        saved: Persona | None = None
        try:
            async with self._one:
                saved = await edit.save(self._shelf, self._attach)
                self._has_kept = False
        except PersonaConflict:
            self._show_conflict()
        except PersonaError as e:
            editor.say_problem(e)
        finally:
            self._is_saving = False
        if saved is not None:
            editor.saved.emit(saved.key)
        if editor.edit is not edit:
            return
        if saved is not None:
            editor.trouble.close_strip()
            editor.strip.close_strip()
            self._show_conflict()
            editor.findings.list_versions()
        editor.show_all()
        editor.studio.show_picture()
        self.look_outside()

    async def _attach(self, persona: Persona, picture: Picture) -> Persona:
        from speakdesk.ui.personas.picture_dialog import REMOVED

        studio = self._editor.face.desk.studio
        if picture is REMOVED:
            return await studio.remove_picture(persona)
        return await studio.attach_picture(persona, picture)

    # -- what others do -------------------------------------------------------------------------

    def look_outside(self) -> None:
        """Compare the edit with what lies on disk now."""
        edit = self._editor.edit
        if edit is None or self._is_saving or edit.base is None:
            return
        had_conflict = edit.conflict is not None
        try:
            met = edit.meet(self._theirs(edit.base))
        except PersonaError as e:
            self._editor.say_problem(e)
            return
        name = edit.persona.name
        if met is Meeting.CONFLICT:
            self._show_conflict()
            return
        if had_conflict and edit.conflict is None:
            self._editor.strip.close_strip()
        if met is Meeting.SAME:
            return
        words = (
            f"{name} was changed on disk; the new text is shown."
            if met is Meeting.FOLLOWED
            else f"{name} was changed on disk as well; both changes are in the text now."
        )
        self._editor.face.tell("info", words, "Undo takes the change from outside back.")
        self._editor.show_all()
        self._editor.findings.list_versions()

    def _theirs(self, base: Persona) -> Persona | None:
        found = next((p for p in self._shelf.all() if p.key == base.key), None)
        if found is not None and self._shelf.is_own(base) and not self._shelf.is_own(found):
            return None
        return found

    def _show_conflict(self) -> None:
        editor, edit = self._editor, self._editor.edit
        if edit is None or edit.conflict is None:
            return
        problem = edit.conflict.problem
        words = f"{problem.sentence} {problem.next_step}"
        if edit.conflict.theirs is None:
            editor.strip.say(words, (("Save it again", self._bring_back),))
        else:
            editor.strip.say(
                words,
                (
                    ("Compare", editor.findings.compare_conflict),
                    ("Keep mine", self._keep_mine),
                    ("Take theirs", self._take_theirs),
                ),
            )

    def _keep_mine(self) -> None:
        edit = self._editor.edit
        if edit is not None:
            edit.keep_mine()
            self._editor.strip.close_strip()
            self._editor.show_all()

    def _take_theirs(self) -> None:
        edit = self._editor.edit
        if edit is not None:
            edit.take_theirs()
            self._editor.strip.close_strip()
            self._editor.show_all()

    def _bring_back(self) -> None:
        self._keep_mine()
        self.save()
