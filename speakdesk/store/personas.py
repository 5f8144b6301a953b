"""The persona library: what came with the program, the person's own, and further folders."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rapidfuzz import fuzz, process

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import KEY_PATTERN, Persona
from speakdesk.store.files import write_atomically
from speakdesk.store.persona_edit import source_of
from speakdesk.store.persona_file import parse_source
from speakdesk.store.persona_folder import (
    README,
    BrokenPersona,
    FolderFiles,
    Stamp,
    key_of,
    list_files,
    read_persona,
)

__all__ = ["BrokenPersona", "PersonaLibrary", "with_source"]

_NEAREST = 3
_NEAR_ENOUGH = 55


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: Stamp
    is_bundled: bool
    outcome: Persona | BrokenPersona


class PersonaLibrary:
    """All personas by key. The person's own win over further folders, these over bundled ones.

    `load`, `reload_changed` and `save` touch the disk and block: run them in a thread. The rest
    only looks at what was read last and may be called from anywhere.
    """

    def __init__(self, bundled: Path, user: Path, extra: Sequence[Path] = ()) -> None:
        self.bundled = bundled
        self.user = user
        self.extra = tuple(extra)
        self._read: dict[Path, _Read] = {}
        self._personas: dict[str, Persona] = {}
        self._sorted: tuple[Persona, ...] = ()
        self._broken: tuple[BrokenPersona, ...] = ()
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read every folder anew. A wrong one is listed in `broken` and hides nothing."""
        with self._lock:
            self._scan({})

    def reload_changed(self) -> tuple[str, ...]:
        """Read what changed on disk since the last look; the keys that are new, other or gone."""
        with self._lock:
            before, broken = dict(self._personas), set(self._broken)
            self._scan(self._read)
            after = self._personas
            keys = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
            return tuple(sorted(keys | {b.key for b in broken ^ set(self._broken)}))

    def all(self) -> tuple[Persona, ...]:
        """Every persona, by name."""
        return self._sorted

    def broken(self) -> tuple[BrokenPersona, ...]:
        """The folders that could not be read, with what is wrong and where."""
        return self._broken

    def get(self, key: str) -> Persona:
        """The persona of a key, however it is spelled in capitals, or of a name only one has.

        Raises PersonaError that names the nearest ones, or says what is wrong with its file.
        """
        personas = self._personas
        for candidate in (key, key.strip(), key_of(key.strip())):
            if candidate in personas:
                return personas[candidate]
        wanted = key.strip().casefold()
        named = [p for p in personas.values() if wanted and p.name.casefold() == wanted]
        if len(named) == 1:
            return named[0]
        raise PersonaError(self._missing(key.strip()))

    def save(self, persona: Persona) -> Persona:
        """Write a persona into the person's own folder and return it as it now stands there.

        One of the person's own is changed in place; any other is copied first, pictures and all.
        Each file is replaced whole; knowledge files that were taken out of the persona are
        deleted. Raises PersonaError for what cannot be written.
        """
        with self._lock:
            if not KEY_PATTERN.match(persona.key):
                raise _trouble(
                    Reason.BAD_INPUT,
                    f"“{persona.key}” cannot be a persona's key.",
                    "Use small letters, digits, _ and - only, 64 at most.",
                )
            for item in persona.knowledge:
                _check_file_name(item.name)
            try:
                content = source_of(persona).encode("utf-8")
                texts = {k.name: k.text.encode("utf-8") for k in persona.knowledge}
            except UnicodeEncodeError as e:
                raise _trouble(
                    Reason.BAD_INPUT,
                    "The text holds a character that cannot be written to a file.",
                    "Remove it and save again.",
                ) from e
            try:
                folder = self._own_folder(persona)
                self._write(folder, persona, content, texts)
            except OSError as e:
                raise _trouble(
                    Reason.UNAVAILABLE,
                    f"The persona could not be saved into {self.user}.",
                    "Check the free space and the permissions of that folder.",
                    e.strerror or str(e),
                ) from e
            self._read.pop(folder, None)
            self._scan(self._read)
            saved = self._personas.get(persona.key)
            if saved is None:
                raise _trouble(
                    Reason.BAD_INPUT,
                    "The saved persona cannot be read back; it is empty.",
                    "Give it a name or a prompt.",
                )
            return saved

    def _own_folder(self, persona: Persona) -> Path:
        """The folder to write to, filled with a copy of the persona's files where it is new."""
        if persona.folder is not None and persona.folder.parent == self.user:
            persona.folder.mkdir(parents=True, exist_ok=True)
            return persona.folder
        own = self._personas.get(persona.key)
        if own is not None and own.folder is not None and own.folder.parent == self.user:
            return own.folder
        folder = self.user / persona.key
        if not folder.exists() and persona.folder is not None and persona.folder.is_dir():
            beside = self.user / f".{persona.key}.copying"
            shutil.rmtree(beside, ignore_errors=True)
            # Contents only: a read-only installation must not make a read-only copy.
            shutil.copytree(persona.folder, beside, copy_function=shutil.copyfile)
            beside.chmod(0o755)
            beside.replace(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _write(
        self, folder: Path, persona: Persona, content: bytes, texts: dict[str, bytes]
    ) -> None:
        files = list_files(folder)
        readme = files.readme if files and files.readme else README
        _write_if_other(folder / readme, content)
        before = self._read.get(persona.folder) if persona.folder else None
        if before is not None and isinstance(before.outcome, Persona):
            read = {k.name: k.text for k in before.outcome.knowledge}
        else:
            read = {}
        for item in persona.knowledge:
            # A file nobody edited keeps its own bytes, whatever its encoding.
            if read.get(item.name) != item.text or not (folder / item.name).exists():
                _write_if_other(folder / item.name, texts[item.name])
        for name in read.keys() - texts.keys():
            (folder / name).unlink(missing_ok=True)

    def _scan(self, known: dict[Path, _Read]) -> None:
        found: dict[Path, _Read] = {}
        personas: dict[str, Persona] = {}
        broken: list[BrokenPersona] = []
        for root in (self.user, *self.extra, self.bundled):
            is_bundled = root == self.bundled
            for outcome in self._scan_root(root, is_bundled, known, found):
                if isinstance(outcome, BrokenPersona):
                    broken.append(outcome)
                elif outcome.key not in personas:
                    personas[outcome.key] = outcome
                elif (other := personas[outcome.key].folder) and other.parent == root:
                    broken.append(
                        BrokenPersona(
                            outcome.folder or root,
                            0,
                            f"The folder {other.name} has the same key, {outcome.key}.",
                        )
                    )
        self._read = found
        self._personas = personas
        self._sorted = tuple(sorted(personas.values(), key=lambda p: (p.name.casefold(), p.key)))
        self._broken = tuple(sorted(broken, key=lambda b: str(b.folder)))

    def _scan_root(
        self, root: Path, is_bundled: bool, known: dict[Path, _Read], found: dict[Path, _Read]
    ) -> Iterator[Persona | BrokenPersona]:
        try:
            with os.scandir(root) as entries:
                names = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
        except FileNotFoundError:
            return
        except OSError as e:
            yield BrokenPersona(root, 0, f"The folder cannot be read: {e.strerror or e}.")
            return
        for name in names:
            folder = root / name
            if folder in found:
                continue
            try:
                files: FolderFiles | None = list_files(folder)
            except OSError as e:
                yield BrokenPersona(folder, 0, f"The folder cannot be read: {e.strerror or e}.")
                continue
            if files is None:
                continue
            before = known.get(folder)
            if before is None or before.stamp != files.stamp or before.is_bundled != is_bundled:
                before = _Read(files.stamp, is_bundled, read_persona(files, is_bundled))
            found[folder] = before
            yield before.outcome

    def _missing(self, key: str) -> Problem:
        for broken in self._broken:
            if key in (broken.key, key_of(broken.key)):
                where = f", line {broken.line}" if broken.line else ""
                return Problem(
                    Stage.PERSONA,
                    Reason.BAD_INPUT,
                    f"The persona {key} cannot be read ({broken.folder}{where}): {broken.sentence}",
                    "Correct the file.",
                )
        if not self._personas:
            return Problem(
                Stage.PERSONA,
                Reason.MISSING,
                f"There is no persona {key}; the library is empty.",
                f"Put a persona's folder into {self.user}.",
            )
        near = self._nearest(key)
        keys = [p.key for p in self._sorted[:8]]
        next_step = f"Did you mean {_either(near)}?" if near else f"Some are {', '.join(keys)}."
        return Problem(
            Stage.PERSONA,
            Reason.NOT_FOUND,
            f"There is no persona {key}." if key else "No persona was named.",
            next_step,
        )

    def _nearest(self, key: str) -> list[str]:
        by_key = process.extract(
            key.lower(),
            {p.key: p.key for p in self._sorted},
            scorer=fuzz.WRatio,
            score_cutoff=_NEAR_ENOUGH,
        )
        by_name = process.extract(
            key.lower(),
            {p.key: p.name.lower() for p in self._sorted},
            scorer=fuzz.WRatio,
            score_cutoff=_NEAR_ENOUGH,
        )
        ranked = sorted([*by_key, *by_name], key=lambda found: -found[1])
        return list(dict.fromkeys(str(found[2]) for found in ranked))[:_NEAREST]


def with_source(persona: Persona, source: str) -> Persona:
    """The persona as another text of its file tells it, not saved."""
    text = parse_source(source)
    return replace(
        persona,
        name=text.name or persona.name,
        prompt=text.prompt,
        characteristics=text.characteristics,
        voice_tone=text.voice_tone,
        metadata=text.metadata,
        source=source,
    )


def _write_if_other(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_atomically(path, content)


def _check_file_name(name: str) -> None:
    plain = Path(name).name == name and "\\" not in name and ":" not in name and "\0" not in name
    if not plain or not name.lower().endswith(".md") or name.startswith("."):
        raise _trouble(
            Reason.BAD_INPUT,
            f"“{name}” cannot be a knowledge file's name.",
            "Use a plain name that ends with .md.",
        )
    if name.lower() == README.lower():
        raise _trouble(
            Reason.BAD_INPUT,
            "README.md tells the persona itself and cannot be a knowledge file.",
            "Choose another name.",
        )


def _either(keys: Sequence[str]) -> str:
    if len(keys) <= 1:
        return "".join(keys)
    return f"{', '.join(keys[:-1])} or {keys[-1]}"


def _trouble(reason: Reason, sentence: str, next_step: str, words: str = "") -> PersonaError:
    return PersonaError(Problem(Stage.PERSONA, reason, sentence, next_step, words))
