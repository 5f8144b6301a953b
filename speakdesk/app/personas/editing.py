"""One persona being edited: its texts, undo and redo, and what stands against a save.

The text of README.md is the document. A field is changed by changing that text in place, so form
and Markdown cannot differ, and what neither understands survives byte for byte. Imports no Qt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from speakdesk.app.personas.shelf import NEW, Draft, PersonaShelf
from speakdesk.app.personas.texts import EditState, difference
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.domain.picture import Picture
from speakdesk.store.personas.edit import PersonaChanges, update_source
from speakdesk.store.personas.file import name_from_key
from speakdesk.store.personas.folder import in_order
from speakdesk.store.personas.join import join, with_source
from speakdesk.store.personas.places import check_new_key

__all__ = ["EditState", "Meeting", "PersonaEdit", "difference", "key_problem"]

OUTSIDE = "outside"
SOURCE = "source"
_MOST_STEPS = 400
_MOST_LETTERS = 30_000_000
_RUN_LETTERS = 60

Attach = Callable[[Persona, Picture], Awaitable[Persona]]


class Meeting(StrEnum):
    """What a change on disk meant for the edit."""

    SAME = "same"
    FOLLOWED = "followed"
    JOINED = "joined"
    CONFLICT = "conflict"


class PersonaEdit:
    """`base` is the persona the edit began with, None for one that no folder holds.

    `key_for` gives a new persona the key of its name, until somebody chooses the key.
    """

    def __init__(
        self,
        persona: Persona,
        *,
        is_new: bool = False,
        key_for: Callable[[str], str] | None = None,
    ) -> None:
        self._key_for = key_for if is_new else None
        self.base: Persona | None = None if is_new else persona
        self.conflict: PersonaConflict | None = None
        self._origin = persona
        self.state = EditState.of(persona)
        self._saved = self.state
        self._undo: list[tuple[EditState, str]] = []
        self._redo: list[tuple[EditState, str]] = []
        self._run = ""
        self._parsed: tuple[EditState, Persona] | None = None

    # -- what there is --------------------------------------------------------------------------

    @property
    def persona(self) -> Persona:
        """The persona as the texts tell it now, not saved."""
        if self._parsed is None or self._parsed[0] is not self.state:
            self._parsed = (self.state, self._told(self.state))
        return self._parsed[1]

    @property
    def is_new(self) -> bool:
        """True until it is saved for the first time."""
        return self.base is None

    @property
    def is_dirty(self) -> bool:
        """True where something would be lost without a save."""
        if self.state != self._saved:
            return True
        return self.is_new and bool(self.persona.prompt)

    @property
    def draft_key(self) -> str:
        """The key under which unsaved text is kept aside."""
        return self.base.key if self.base is not None else NEW

    def _told(self, state: EditState) -> Persona:
        nameless = replace(self._origin, key=state.key, name=name_from_key(state.key))
        told = with_source(nameless, state.source)
        return replace(told, knowledge=in_order(state.knowledge, told.knowledge_order))

    # -- changing -------------------------------------------------------------------------------

    def set_source(self, source: str) -> None:
        """The whole README.md as it was typed."""
        self._apply(SOURCE, replace(self.state, source=source))

    def set_key(self, key: str) -> None:
        """Another key; a save moves or copies the folder."""
        self._key_for = None
        self._apply("key", replace(self.state, key=key))

    def set_name(self, name: str) -> None:
        """The title. Raises PersonaError where it would not read back."""
        source = update_source(self.state.source, PersonaChanges(name=name))
        key = self._key_for(name) if self._key_for is not None else self.state.key
        self._apply("name", replace(self.state, source=source, key=key))

    def set_prompt(self, prompt: str) -> None:
        """The text under the title. Raises PersonaError where it would not read back."""
        self._change("prompt", PersonaChanges(prompt=prompt))

    def set_items(self, place: str, items: tuple[str, ...]) -> None:
        """The list under `characteristics` or `voice` (the tone). Raises PersonaError."""
        if place == "voice":
            self._change(place, PersonaChanges(voice_tone=items))
        else:
            self._change(place, PersonaChanges(characteristics=items))

    def set_value(self, key: str, value: str) -> None:
        """One metadata value; empty leaves the key without one. Raises PersonaError."""
        self.set_values({key: value}, key)

    def set_values(self, values: Mapping[str, str], place: str) -> None:
        """Several metadata values as one step. Raises PersonaError."""
        there = self.persona.metadata
        wanted = {k: v for k, v in values.items() if v.strip() or k in there}
        if wanted:
            self._change(place, PersonaChanges(metadata=wanted))

    def set_knowledge(self, place: str, knowledge: tuple[Knowledge, ...]) -> None:
        """The knowledge files, in the order they shall have.

        The order is written into `knowledge_order` where it is not the one by name, or was written
        there before.
        """
        source = self.state.source
        names = tuple(item.name for item in knowledge)
        by_name = tuple(item.name for item in in_order(knowledge, ()))
        order = ", ".join(names)
        before = self.persona.meta("knowledge_order")
        if names != by_name or before:
            wanted = order if names != by_name else ""
            if wanted != before:
                changes = PersonaChanges(metadata={"knowledge_order": wanted or None})
                source = update_source(source, changes)
        self._apply(place, replace(self.state, source=source, knowledge=knowledge))

    def set_picture(self, picture: Picture) -> None:
        """A new picture, put into the folder with the next save."""
        self._apply("picture", replace(self.state, picture=picture))

    def become(self, place: str, persona: Persona) -> None:
        """All the texts of another persona (an older save, a choice of voice), as one step."""
        self.end_run()
        state = EditState.of(persona)
        self._apply(place, replace(self.state, source=state.source, knowledge=persona.knowledge))
        self.end_run()

    def end_run(self) -> None:
        """Let the next change be an undo step of its own."""
        self._run = ""

    def _change(self, place: str, changes: PersonaChanges) -> None:
        self._apply(place, replace(self.state, source=update_source(self.state.source, changes)))

    def _apply(self, place: str, state: EditState) -> None:
        if state == self.state:
            return
        goes_on = self._run == place and bool(self._undo) and not self._redo
        if goes_on:
            begun = self._undo[-1][0]
            goes_on = abs(state.letters - begun.letters) <= _RUN_LETTERS
        if not goes_on:
            self._undo.append((self.state, place))
            self._trim()
        self._redo.clear()
        self._run = place
        self.state = state

    def _trim(self) -> None:
        letters = 0
        for place in range(len(self._undo) - 1, -1, -1):
            letters += self._undo[place][0].letters
            if letters > _MOST_LETTERS or len(self._undo) - place > _MOST_STEPS:
                del self._undo[: place + 1]
                return

    # -- undo -----------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """True where a step back is there."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """True where a step forth is there."""
        return bool(self._redo)

    def undo(self) -> str:
        """One step back; the place that changed, empty where there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> str:
        """One step forth; the place that changed, empty where there is none."""
        return self._step(self._redo, self._undo)

    def _step(
        self, source: list[tuple[EditState, str]], target: list[tuple[EditState, str]]
    ) -> str:
        if not source:
            return ""
        state, place = source.pop()
        target.append((self.state, place))
        self.state = state
        self.end_run()
        return place

    def revert(self) -> None:
        """Back to what was saved last, as one step."""
        self.end_run()
        self._apply("revert", self._saved)
        self.end_run()

    # -- what others did ------------------------------------------------------------------------

    def meet(self, theirs: Persona | None) -> Meeting:
        """Take in the persona as it lies on disk now, None where it is gone.

        An edit of other files, or none, is joined at once. Where both changed the same file,
        `conflict` holds both and nothing is changed.
        """
        base = self.base
        if base is None:
            return Meeting.SAME
        if theirs is None:
            self.conflict = PersonaConflict(self._as(base), None, ("README.md",))
            return Meeting.CONFLICT
        if EditState.of(theirs) == EditState.of(base):
            if self.conflict is not None and self.conflict.theirs is not base:
                self.conflict = None
            self.base = self._origin = theirs
            self._parsed = None
            return Meeting.SAME
        if not self.is_dirty:
            self._take(theirs)
            return Meeting.FOLLOWED
        try:
            joined = join(self._as(base), base, theirs)
        except PersonaConflict as conflict:
            self.conflict = conflict
            return Meeting.CONFLICT
        self.conflict = None
        self._rebase(theirs)
        self.become(OUTSIDE, joined)
        return Meeting.JOINED

    def _as(self, base: Persona) -> Persona:
        """The persona under the key its files still have."""
        return replace(self.persona, key=base.key)

    def keep_mine(self) -> None:
        """Settle a conflict: the next save replaces what lies on disk."""
        conflict, self.conflict = self.conflict, None
        if conflict is None:
            return
        if conflict.theirs is None:
            self.base = None
        else:
            self._rebase(conflict.theirs)

    def take_theirs(self) -> None:
        """Settle a conflict: what lies on disk becomes the text; undo brings the own one back."""
        conflict, self.conflict = self.conflict, None
        if conflict is not None and conflict.theirs is not None:
            self._take(conflict.theirs)

    def _take(self, theirs: Persona) -> None:
        self._rebase(theirs)
        self.end_run()
        self._apply(OUTSIDE, EditState.of(theirs))
        self.end_run()

    def _rebase(self, persona: Persona) -> None:
        self.base = self._origin = persona
        self._saved = EditState.of(persona)
        self._parsed = None

    # -- drafts and saving ----------------------------------------------------------------------

    def restore(self, draft: Draft, *, is_stale: bool) -> None:
        """Go on with unsaved text; a persona that changed since is shown as a conflict."""
        self.end_run()
        texts = draft.texts
        self._apply("draft", replace(self.state, source=texts.source, knowledge=texts.knowledge))
        self.end_run()
        if is_stale and self.base is not None and self.is_dirty:
            mine = self._as(self.base)
            self.conflict = PersonaConflict(mine, self.base, ("README.md",))

    async def save(self, shelf: PersonaShelf, attach: Attach) -> Persona:
        """Write it: a new one is made, one's own changed, any other copied first.

        `attach` puts a new picture into the folder. Raises PersonaConflict, which `conflict` then
        holds as well, and PersonaError; what was written before that stays written.
        """
        draft_key, state = self.draft_key, self.state
        try:
            saved = await self._write(shelf)
        except PersonaConflict as conflict:
            self.conflict = conflict
            raise
        self._settle(saved, replace(state, picture=None))
        await shelf.discard_draft(draft_key)
        if state.picture is not None:
            written = replace(EditState.of(saved), picture=state.picture)
            saved = await attach(saved, state.picture)
            self._settle(saved, written)
        return saved

    def _settle(self, saved: Persona, written: EditState) -> None:
        """Go on from what was saved; what was typed meanwhile stays, and counts as unsaved."""
        self.conflict = None
        mine, state = self.persona, self.state
        picture = None if state.picture is written.picture else state.picture
        self.end_run()
        if replace(state, picture=None) == replace(written, picture=None):
            self._rebase(saved)
            self.state = replace(self._saved, picture=picture)
            return
        try:
            mine = join(mine, self._told(written), saved)
        except PersonaConflict as conflict:
            self.conflict = conflict
        self._rebase(saved)
        source = EditState.of(mine).source
        self.state = replace(state, source=source, knowledge=mine.knowledge, picture=picture)

    async def _write(self, shelf: PersonaShelf) -> Persona:
        persona, base = self.persona, self.base
        if base is None:
            saved = await shelf.create(persona)
            self._key_for = None
            return saved
        if persona.key == base.key:
            return await shelf.save(persona, base)
        await asyncio.to_thread(check_new_key, shelf.library, persona.key)
        if shelf.is_own(base):
            await shelf.save(replace(persona, key=base.key), base)
            return await shelf.rename(base.key, persona.key)
        copy = await shelf.duplicate(base.key, persona.key, persona.name)
        mine = replace(persona, folder=copy.folder, is_bundled=False, picture=copy.picture)
        return await shelf.save(mine, copy)

    def difference(self) -> str:
        """A unified diff from what was saved last to the texts now; may take a while."""
        return difference(self._saved, self.state, "saved", "now")


def key_problem(shelf: PersonaShelf, key: str, base: Persona | None) -> str:
    """Why a persona cannot have this key; empty where it can. Looks for one folder."""
    if base is not None and key == base.key:
        return ""
    try:
        check_new_key(shelf.library, key)
    except PersonaError as e:
        return f"{e.problem.sentence} {e.problem.next_step}"
    return ""
