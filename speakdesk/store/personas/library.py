"""The persona library: what came with the program, the person's own, and further folders."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from speakdesk.domain.errors import PersonaError, Problem, Reason, Stage
from speakdesk.domain.persona import KEY_PATTERN, Persona
from speakdesk.domain.persona_issues import PersonaConflict
from speakdesk.store.files import write_atomically
from speakdesk.store.personas.edit import source_of
from speakdesk.store.personas.folder import (
    README,
    BrokenPersona,
    FolderFiles,
    Stamp,
    encoding_of,
    key_of,
    list_files,
    read_persona,
)
from speakdesk.store.personas.join import join, with_source

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

    def __init__(self, bundled: Path | None, user: Path, extra: Sequence[Path] = ()) -> None:
        self.bundled = bundled
        self.user = user
        self.extra = tuple(extra)
        self._read: dict[Path, _Read] = {}
        self._personas: dict[str, Persona] = {}
        self._sorted: tuple[Persona, ...] = ()
        self._broken: tuple[BrokenPersona, ...] = ()
        self._untold: set[str] = set()
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read every folder anew. A wrong one is listed in `broken` and hides nothing."""
        with self._lock:
            self._scan({})

    def reload_changed(self) -> tuple[str, ...]:
        """Read what changed on disk since the last look; the keys that are new, other or gone."""
        with self._lock:
            keys = self._scan_again() | self._untold
            self._untold = set()
            return tuple(sorted(keys))

    def _scan_again(self) -> set[str]:
        """Read what changed; the keys whose files are new, other or gone."""
        before, broken = dict(self._personas), set(self._broken)
        stamps = {folder: read.stamp for folder, read in self._read.items()}
        self._scan(self._read)
        after = self._personas
        keys = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
        keys |= {
            persona.key
            for persona in after.values()
            if (folder := persona.folder) is not None
            and stamps.get(folder, ()) != self._read[folder].stamp
        }
        return keys | {b.key for b in broken ^ set(self._broken)}

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

    def is_own(self, persona: Persona) -> bool:
        """True where it lies in the person's own folder and may be changed in place."""
        return persona.folder is not None and persona.folder.parent == self.user

    def read_again(self, key: str) -> Persona | None:
        """The person's own persona of a key as its files are now; None where that cannot be."""
        files = _files_in(self._home_of(key, None))
        outcome = read_persona(files, False) if files is not None else None
        return outcome if isinstance(outcome, Persona) else None

    def save(self, persona: Persona, based_on: Persona | None = None) -> Persona:
        """Write a persona into the person's own folder and return it as it now stands there.

        One of the person's own is changed in place; any other is copied first, pictures and all.
        Each file is replaced whole; knowledge files that were taken out of the persona are
        deleted. `based_on` is what the edit began with: what changed on disk since then is kept
        beside the edit, and where both changed the same file, PersonaConflict is raised and
        nothing is written. Raises PersonaError for what cannot be written.
        """
        with self._lock:
            if not KEY_PATTERN.match(persona.key):
                raise _trouble(
                    Reason.BAD_INPUT,
                    f"“{persona.key}” cannot be a persona's key.",
                    "Use small letters, digits, _ and - only, 64 at most.",
                )
            for item in persona.knowledge:
                check_knowledge_name(item.name)
            try:
                on_disk = self._known_texts(persona)
                if based_on is not None:
                    persona, on_disk = self._joined(persona, based_on, on_disk)
                content = source_of(persona)
                content.encode("utf-8")
                texts = {k.name: k.text.encode("utf-8") for k in persona.knowledge}
            except UnicodeEncodeError as e:
                raise _trouble(
                    Reason.BAD_INPUT,
                    "The text holds a character that cannot be written to a file.",
                    "Remove it and save again.",
                ) from e
            try:
                folder = self._own_folder(persona)
                _write(folder, persona, content, texts, on_disk)
            except OSError as e:
                raise _trouble(
                    Reason.UNAVAILABLE,
                    f"The persona could not be saved into {self.user}.",
                    "Check the free space and the permissions of that folder.",
                    e.strerror or str(e),
                ) from e
            self._read.pop(folder, None)
            # What others changed meanwhile is still to be told by `reload_changed`.
            self._untold |= self._scan_again() - {persona.key}
            saved = self._personas.get(persona.key)
            if saved is None:
                raise _trouble(
                    Reason.BAD_INPUT,
                    "The saved persona cannot be read back; it is empty.",
                    "Give it a name or a prompt.",
                )
            return saved

    def _known_texts(self, persona: Persona) -> dict[str, str]:
        read = self._read.get(persona.folder) if persona.folder else None
        if read is None or not isinstance(read.outcome, Persona):
            return {}
        return {k.name: k.text for k in read.outcome.knowledge}

    def _joined(
        self, mine: Persona, base: Persona, on_disk: dict[str, str]
    ) -> tuple[Persona, dict[str, str]]:
        """`mine` with what others changed since `base`, and the knowledge that is on disk now."""
        files = _files_in(self._home_of(mine.key, mine))
        if files is None:
            if self.is_own(base):
                raise PersonaConflict(mine, None, (README,))
            return mine, on_disk
        theirs = read_persona(files, False)
        if not isinstance(theirs, Persona):
            raise PersonaConflict(mine, None, (README,))
        return join(mine, base, theirs), {k.name: k.text for k in theirs.knowledge}

    def _home_of(self, key: str, persona: Persona | None) -> Path:
        """Where a persona of the person's own lies, or would."""
        if persona is not None and persona.folder is not None and self.is_own(persona):
            return persona.folder
        own = self._personas.get(key)
        if own is not None and own.folder is not None and self.is_own(own):
            return own.folder
        return self.user / key

    def _own_folder(self, persona: Persona) -> Path:
        """The folder to write to, filled with a copy of the persona's files where it is new."""
        folder = self._home_of(persona.key, persona)
        if not folder.exists() and persona.folder is not None and persona.folder.is_dir():
            copy_folder(persona.folder, folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _scan(self, known: dict[Path, _Read]) -> None:
        found: dict[Path, _Read] = {}
        personas: dict[str, Persona] = {}
        broken: list[BrokenPersona] = []
        bundled = () if self.bundled is None else (self.bundled,)
        for root in (self.user, *self.extra, *bundled):
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


def _files_in(folder: Path) -> FolderFiles | None:
    try:
        return list_files(folder)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise _trouble(
            Reason.UNAVAILABLE,
            f"The folder {folder} cannot be read.",
            "Check its permissions.",
            e.strerror or str(e),
        ) from e


def copy_folder(source: Path, target: Path) -> None:
    """Copy a persona's folder whole, links followed, or leave nothing. Raises OSError."""
    beside = target.with_name(f".{target.name}.copying")
    shutil.rmtree(beside, ignore_errors=True)
    # Contents only: a read-only installation must not make a read-only copy.
    shutil.copytree(source, beside, copy_function=shutil.copyfile)
    beside.chmod(0o755)
    beside.replace(target)


def _write(
    folder: Path,
    persona: Persona,
    content: str,
    texts: dict[str, bytes],
    on_disk: dict[str, str],
) -> None:
    files = list_files(folder)
    readme = folder / (files.readme if files and files.readme else README)
    encoding = encoding_of(readme.read_bytes()) if readme.exists() else "utf-8"
    _write_if_other(readme, content.encode(encoding))
    for item in persona.knowledge:
        # A file nobody edited keeps its own bytes, whatever its encoding.
        if on_disk.get(item.name) != item.text or not (folder / item.name).exists():
            _write_if_other(folder / item.name, texts[item.name])
    for name in on_disk.keys() - texts.keys():
        (folder / name).unlink(missing_ok=True)


def _write_if_other(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_atomically(path, content)


def check_knowledge_name(name: str) -> None:
    """Raises PersonaError for what cannot be the name of a knowledge file."""
    plain = Path(name).name == name and not any(c in name for c in "\\:\0")
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
