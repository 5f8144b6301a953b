"""What is found out about an edit beside the typing: problems, previews, differences, saves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPlainTextEdit

from speakdesk.app.personas.editing import EditState, PersonaEdit, difference, key_problem
from speakdesk.app.personas.preview import harmless_html, tokens, told_to_model
from speakdesk.domain.errors import PersonaError, SpeakDeskError
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue, Severity
from speakdesk.ui.personas.editor_head import BOTH, FILE
from speakdesk.ui.personas.editor_preview import open_after_asking
from speakdesk.ui.personas.editor_side import CHANGES, READS, SAVES, TOLD

if TYPE_CHECKING:
    from speakdesk.ui.personas.editor import PersonaEditor

_NO_CHANGES = "Nothing differs from what was saved."
_NEW = "This persona is new; all of it is."


class Findings:
    """Everything here runs off the loop; a newer look replaces an older one."""

    def __init__(self, editor: PersonaEditor) -> None:
        self._editor = editor
        self._shelf = editor.face.desk.personas
        self._tasks = editor.face.tasks
        side = editor.side
        side.reads.link_asked.connect(self._on_link)
        side.versions.compared.connect(self._on_compared)
        side.versions.restored.connect(self._on_restored)

    # -- problems, the plan, the voice ----------------------------------------------------------

    def look(self) -> None:
        """Check the persona as it is typed, and renew what is shown of it."""
        edit = self._editor.edit
        if edit is not None:
            self._tasks.start(self._look(edit), "persona look", preempt=True)

    async def _look(self, edit: PersonaEdit) -> None:
        persona, base = edit.persona, edit.base
        issues, key_trouble = await asyncio.to_thread(self._check, persona, base)
        if self._editor.edit is not edit:
            return
        if key_trouble:
            issues = (*issues, PersonaIssue("README.md", 0, "key", key_trouble))
        self._show_issues(issues)
        self._show_plan(persona)
        self.show()

    def _check(
        self, persona: Persona, base: Persona | None
    ) -> tuple[tuple[PersonaIssue, ...], str]:
        issues = self._shelf.issues(persona)
        if base is not None and persona.key == base.key:
            return issues, ""
        # The folder's old name is told no longer once the key is another one.
        kept = tuple(issue for issue in issues if issue.field != "key")
        return kept, key_problem(self._shelf, persona.key, base)

    def _show_issues(self, issues: tuple[PersonaIssue, ...]) -> None:
        editor = self._editor
        editor.issues = issues
        editor.side.show_issues(issues)
        problems: dict[str, str] = {}
        for issue in issues:
            if issue.severity is not Severity.NOTE:
                problems.setdefault(issue.field, issue.sentence)
        problems |= editor.wrong
        editor.form.tell(problems)
        editor.studio.tell_picture(problems.get("image") or problems.get("picture", ""))

    def _show_plan(self, persona: Persona) -> None:
        from speakdesk.ui.personas.voice_words import voice_line

        desk = self._editor.face.desk
        try:
            plan = desk.plan(persona)
        except SpeakDeskError as e:
            self._editor.form.services.set_plan(str(e.problem), None)
        else:
            self._editor.form.services.set_plan(desk.plan_sentence(plan), plan)
            self._editor.form.set_model(plan.llm.model, persona)
        line = voice_line(self._editor.face, persona)
        wrong = [
            i.sentence for i in self._editor.issues if i.field.endswith(("_voice_id", "_voice"))
        ]
        if line.problem is not None:
            wrong.append(f"{line.problem.sentence} {line.problem.next_step}".strip())
        self._editor.form.voice.set_voice(
            line.words or "The voice that fits best", " ".join(wrong), is_wrong=bool(wrong)
        )

    # -- the side -------------------------------------------------------------------------------

    def show(self) -> None:
        """Renew the tab that is up, where it can be seen."""
        edit, side = self._editor.edit, self._editor.side
        if side.current == SAVES and side.isVisible():
            self._on_compared(side.versions.current_id)
        if edit is not None and side.isVisible() and side.current in (READS, TOLD, CHANGES):
            self._tasks.start(self._show(edit, side.current), "persona side", preempt=True)

    async def _show(self, edit: PersonaEdit, tab: int) -> None:
        side, persona = self._editor.side, edit.persona
        if tab == READS:
            html = await asyncio.to_thread(harmless_html, edit.state.source)
            if self._editor.edit is edit:
                bar = side.reads.verticalScrollBar()
                place = bar.value()
                side.reads.setHtml(html)
                bar.setValue(place)
        elif tab == TOLD:
            usual = self._editor.face.desk.settings.current.tools
            tools = usual if persona.tools is None else persona.tools
            told = await told_to_model(
                persona, has_tools=bool(tools), model=self._editor.form.model
            )
            if self._editor.edit is edit:
                _set_plain(side.told, told)
                side.told_count.setText(
                    f"{len(told):,} letters, about {tokens(len(told)):,} tokens, before anybody "
                    "has said a word."
                )
        else:
            words = await asyncio.to_thread(_changes, edit)
            if self._editor.edit is edit:
                _set_plain(side.changes, words)

    def compare_conflict(self) -> None:
        """Show what differs between the text on disk and one's own."""
        editor = self._editor
        if editor.width() < 1100:
            editor.show_view(FILE)
        elif not editor.side.isVisible():
            editor.show_view(BOTH)
        editor.side.tabs.setCurrentIndex(CHANGES)
        self.show()

    def _on_link(self, address: str) -> None:
        editor = self._editor
        self._tasks.start(open_after_asking(editor.face, editor.window(), address), "open a link")

    # -- earlier saves --------------------------------------------------------------------------

    def list_versions(self) -> None:
        """List the earlier saves."""
        edit = self._editor.edit
        if edit is not None:
            self._tasks.start(self._list(edit), "persona versions", preempt=True)

    async def _list(self, edit: PersonaEdit) -> None:
        base = edit.base
        versions = await self._shelf.versions(base.key) if base is not None else ()
        if self._editor.edit is edit:
            self._editor.side.versions.show_versions(versions)

    def _on_compared(self, version_id: str) -> None:
        edit = self._editor.edit
        if edit is not None and edit.base is not None and version_id:
            self._tasks.start(
                self._compare(edit, edit.base.key, version_id), "persona compare", preempt=True
            )

    async def _compare(self, edit: PersonaEdit, key: str, version_id: str) -> None:
        try:
            old = EditState.of(await self._shelf.old(key, version_id))
        except PersonaError as e:
            self._editor.say_problem(e)
            return
        diff = await asyncio.to_thread(difference, old, edit.state, "then", "now")
        if self._editor.edit is edit:
            self._editor.side.versions.show_diff(version_id, diff)

    def _on_restored(self, version_id: str) -> None:
        edit = self._editor.edit
        if edit is not None and edit.base is not None:
            self._tasks.start(self._restore(edit, edit.base.key, version_id), "persona restore")

    async def _restore(self, edit: PersonaEdit, key: str, version_id: str) -> None:
        editor = self._editor
        try:
            old = await self._shelf.old(key, version_id)
        except PersonaError as e:
            editor.say_problem(e)
            return
        if editor.edit is edit:
            editor.flush()
            edit.become("restore", old)
            editor.show_all()
            editor.face.tell("info", "The earlier text is back in the editor.", "Save keeps it.")
            self._on_compared(version_id)


def _changes(edit: PersonaEdit) -> str:
    conflict = edit.conflict
    if conflict is not None and conflict.theirs is not None:
        theirs = EditState.of(conflict.theirs)
        return difference(theirs, edit.state, "on disk", "mine")
    if edit.base is None:
        return _NEW
    return edit.difference() or _NO_CHANGES


def _set_plain(view: QPlainTextEdit, words: str) -> None:
    if view.toPlainText() != words:
        bar = view.verticalScrollBar()
        place = bar.value()
        view.setPlainText(words)
        bar.setValue(place)
