"""`speakdesk personas new|edit|duplicate|rename|delete|restore|versions` in the terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from loguru import logger

from speakdesk.app.personas.knowledge import knowledge_name
from speakdesk.app.personas.opening import OpenLibrary
from speakdesk.cli.output import print_json
from speakdesk.cli.personas_library import persona_json, printable, with_library
from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_issues import Severity

_README = "README.md"
_FIELDS = ("name", "prompt", "characteristics", "voice")


@dataclass(frozen=True, slots=True)
class NewPersona:
    """What `personas new` was asked for; `title` is a key or a name, or empty with a sentence."""

    title: str
    name: str
    prompt: str
    language: str
    sentence: str
    values: tuple[str, ...]


def new(order: NewPersona, folder: Path | None, as_json: bool) -> int:
    """Make a persona, from its fields or from a sentence."""

    async def work(library: OpenLibrary) -> int:
        shelf = library.shelf
        if order.sentence:
            studio = await library.studio()
            persona = (await studio.draft(order.sentence)).persona()
            if order.title:
                persona = replace(persona, key=_key_for(library, order.title))
            if order.name:
                persona = replace(persona, name=order.name)
        else:
            key = _key_for(library, order.title)
            name = order.name or (order.title if key != order.title else _title(key))
            persona = replace(shelf.blank(name, order.language or "en"), key=key)
        if order.prompt:
            persona = replace(persona, prompt=order.prompt)
        saved = await shelf.create(_with_values(persona, order.values, ()))
        return _tell(saved, as_json, f"Made {saved.key} in {saved.folder}.")

    return with_library(folder, work, create=True)


def edit(
    key: str,
    values: list[str],
    removed: list[str],
    file: str,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Change values, or open a file of the persona in the person's editor and save the result."""

    async def work(library: OpenLibrary) -> int:
        shelf = library.shelf
        base = shelf.get(key)
        if values or removed:
            changed = _with_values(base, tuple(values), tuple(removed))
            kept = None
        else:
            name = _README if file in ("", _README) else knowledge_name(file)
            before = _text_of(base, name)
            text, kept = _in_editor(before, name)
            if text == before:
                _forget(kept)
                return _tell(base, as_json, "Nothing was changed.")
            changed = _with_text(library, base, name, text)
        try:
            saved = await shelf.save(changed, base)
        except PersonaError:
            if kept is not None:
                print(f"Your text is kept in {kept}.", file=sys.stderr)
            raise
        if kept is not None:
            _forget(kept)
        for issue in shelf.issues(saved):
            if issue.severity is Severity.ERROR:
                print(printable(f"{issue.file}:{issue.line}: {issue.sentence}"), file=sys.stderr)
        return _tell(saved, as_json, f"Saved {saved.key} in {saved.folder}.")

    return with_library(folder, work)


def duplicate(key: str, new_key: str, name: str, folder: Path | None, as_json: bool) -> int:
    """Copy a persona with everything in its folder."""

    async def work(library: OpenLibrary) -> int:
        saved = await library.shelf.duplicate(key, new_key, name)
        return _tell(saved, as_json, f"Made {saved.key} in {saved.folder}.")

    return with_library(folder, work)


def rename(key: str, new_key: str, folder: Path | None, as_json: bool) -> int:
    """Give a persona another key."""

    async def work(library: OpenLibrary) -> int:
        saved = await library.shelf.rename(key, new_key)
        return _tell(saved, as_json, f"{key} is now {saved.key}.")

    return with_library(folder, work)


def delete(keys: list[str], folder: Path | None, as_json: bool) -> int:
    """Move personas into the trash."""

    async def work(library: OpenLibrary) -> int:
        found = [library.shelf.get(key).key for key in dict.fromkeys(keys)]
        entries = [await library.shelf.delete(key) for key in found]
        if as_json:
            print_json([{"key": e.key, "id": e.id, "deleted": to_iso(e.deleted)} for e in entries])
            return 0
        for entry in entries:
            where = f" --dir {shlex.quote(str(folder))}" if folder is not None else ""
            print(f"Deleted {entry.key}. Back: speakdesk personas restore {entry.id}{where}")
        return 0

    return with_library(folder, work)


def restore(entry_id: str, folder: Path | None, as_json: bool) -> int:
    """Bring a deleted persona back; without an id, list what can be."""

    async def work(library: OpenLibrary) -> int:
        shelf = library.shelf
        if entry_id:
            entry = await shelf.restore(entry_id)
            if as_json:
                print_json({"id": entry.id, "key": entry.key, "folder": str(entry.origin)})
            else:
                print(f"{entry.name} is back in {entry.origin}.")
            return 0
        entries = await shelf.deleted()
        if as_json:
            print_json(
                [
                    {"id": e.id, "key": e.key, "name": e.name, "deleted": to_iso(e.deleted)}
                    for e in entries
                ]
            )
            return 0
        for e in entries:
            print(printable(f"{e.id}  {e.name}"))
        if not entries:
            print("Nothing was deleted.")
        return 0

    return with_library(folder, work)


def versions(key: str, diff: str, back: str, folder: Path | None, as_json: bool) -> int:
    """List the last saves of a persona, compare with one, or go back to one."""

    async def work(library: OpenLibrary) -> int:
        shelf = library.shelf
        persona = shelf.get(key)
        if diff:
            sys.stdout.write(await shelf.compare(persona.key, diff))
            return 0
        if back:
            old = await shelf.old(persona.key, back)
            saved = await shelf.save(old, persona, why="brought back")
            return _tell(saved, as_json, f"{saved.key} is as it was.")
        found = await shelf.versions(persona.key)
        if as_json:
            print_json([{"id": v.id, "saved": to_iso(v.saved), "why": v.why} for v in found])
            return 0
        for v in found:
            saved_at = v.saved.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            print(f"{v.id}  {saved_at}  {v.why}".rstrip())
        if not found:
            print(f"{persona.key} was not changed by SpeakDesk yet.")
        return 0

    return with_library(folder, work)


def _key_for(library: OpenLibrary, title: str) -> str:
    """A key as given, or a free one made from a name."""
    is_key = title == title.lower() and " " not in title and title.isascii()
    return title if title and is_key else library.shelf.free_key(title)


def _title(key: str) -> str:
    return key.replace("_", " ").title()


def _with_values(persona: Persona, values: tuple[str, ...], removed: tuple[str, ...]) -> Persona:
    metadata = dict(persona.metadata)
    for value in values:
        name, separator, text = value.partition("=")
        name, text = name.strip().lower(), text.strip()
        if not separator or not name:
            raise typer.BadParameter(f"write KEY=VALUE, not {value!r}", param_hint="--set")
        if name == "name":
            persona = replace(persona, name=text)
        elif name == "prompt":
            persona = replace(persona, prompt=text)
        elif name == "characteristics":
            persona = replace(persona, characteristics=_items(text))
        elif name == "voice":
            persona = replace(persona, voice_tone=_items(text))
        else:
            metadata[name] = text
    for name in removed:
        if name in _FIELDS:
            raise typer.BadParameter(f"{name} cannot be removed, only set", param_hint="--unset")
        metadata.pop(name, None)
    return replace(persona, metadata=metadata)


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(";") if item.strip())


def _text_of(persona: Persona, file: str) -> str:
    if file == _README:
        return persona.source
    return next((item.text for item in persona.knowledge if item.name == file), "")


def _with_text(library: OpenLibrary, base: Persona, file: str, text: str) -> Persona:
    if file == _README:
        return library.shelf.with_source(base, text)
    others = [item for item in base.knowledge if item.name != file]
    return replace(base, knowledge=(*others, Knowledge(file, text)))


def _forget(kept: Path) -> None:
    """Take an edited copy away; what an editor left beside it keeps the folder."""
    try:
        kept.unlink(missing_ok=True)
        kept.parent.rmdir()
    except OSError as e:
        logger.debug("a copy that was edited could not be taken away: {}", e.strerror)


def _in_editor(text: str, name: str) -> tuple[str, Path]:
    """The text as the person's editor left it, and the file it is still in.

    `name` is a plain one: the copy lies in a folder of its own, which `_forget` takes away.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    path = Path(tempfile.mkdtemp(prefix="speakdesk-")) / Path(name).name
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
    try:
        status = subprocess.run([*shlex.split(command), str(path)], check=False).returncode
    except (OSError, ValueError) as e:
        _forget(path)
        raise _no_editor(command, str(e)) from e
    if status != 0:
        raise _no_editor(command, f"it ended with status {status}; your text is in {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return file.read(), path


def _no_editor(command: str, words: str) -> PersonaError:
    return PersonaError(
        Problem(
            Stage.PERSONA,
            Reason.UNAVAILABLE,
            f"The editor “{command}” did not do its work; nothing was saved.",
            "Name yours in EDITOR, or change values with --set KEY=VALUE.",
            words,
        )
    )


def _tell(persona: Persona, as_json: bool, sentence: str) -> int:
    if as_json:
        print_json(persona_json(persona))
    else:
        print(printable(sentence))
    return 0
