"""How long a large persona library takes to read, to look at again, and how late the loop is then.

The baseline reads the same files in the plain way: a glob, `read_text`, a split at each heading.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from speakdesk.store.paths import shipped
from speakdesk.store.personas.library import PersonaLibrary
from tests.bench.figures import Figure, median
from tests.bench.options import Options, note
from tests.bench.subject import Subject

PERSONAS = 2_000
LIMIT_MS = 1_000.0
LATE_LIMIT_MS = 20.0


async def personas(
    _subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """Read a library of copies of the bundled personas, knowledge and all."""
    note(f"personas: {PERSONAS}")
    with tempfile.TemporaryDirectory(prefix="speakdesk-bench-") as folder:
        root = Path(folder)
        await asyncio.to_thread(_fill, root)
        plain, ours, again, late = [], [], [], []
        for _ in range(max(3, options.rounds)):
            plain.append(await asyncio.to_thread(_timed, lambda: _read_plainly(root)))
            library = PersonaLibrary(None, root)
            ours.append(await asyncio.to_thread(_timed, library.load))
            took, lateness = await _while_watching(library)
            again.append(took)
            late.append(lateness)
            assert len(library.all()) == PERSONAS
    yield Figure(
        f"personas.load_{PERSONAS}",
        median(ours),
        "ms",
        median(plain),
        LIMIT_MS,
        note="checked and indexed; the baseline only splits the text",
    )
    yield Figure(f"personas.look_again_{PERSONAS}", median(again), "ms", median(plain))
    yield Figure(
        f"personas.loop_late_while_looking_{PERSONAS}", median(late), "ms", None, LATE_LIMIT_MS
    )


def _fill(root: Path) -> None:
    originals = sorted(p for p in shipped("personas").iterdir() if p.is_dir())
    for number in range(PERSONAS):
        shutil.copytree(originals[number % len(originals)], root / f"persona_{number:04}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


async def _while_watching(library: PersonaLibrary) -> tuple[float, float]:
    """A look for changes in a thread, and how late the loop's own timer was meanwhile, worst."""
    looking = asyncio.create_task(asyncio.to_thread(_timed, library.reload_changed))
    late_ms = 0.0
    while not looking.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        late_ms = max(late_ms, (time.perf_counter() - before) * 1000 - 1)
    return await looking, late_ms


def _read_plainly(root: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for folder in sorted(root.iterdir()):
        head, *sections = (folder / "README.md").read_text(encoding="utf-8").split("\n## ")
        persona: dict[str, object] = {"name": head.partition("\n")[0].lstrip("# "), "prompt": head}
        for section in sections:
            title, _, body = section.partition("\n")
            lines = [line.lstrip("- ").strip() for line in body.splitlines()]
            persona[title.lower()] = (
                dict(line.partition(":")[::2] for line in lines if ":" in line)
                if title == "Metadata"
                else [line for line in lines if line]
            )
        persona["knowledge"] = {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(folder.glob("*.md"))
            if path.name != "README.md"
        }
        found.append(persona)
    return found
