"""`speakdesk personas list|show|check|migrate`: the library looked at in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from speakdesk.app.personas.opening import OpenLibrary
from speakdesk.cli.output import print_json
from speakdesk.cli.personas_library import persona_json, printable, whole_json, with_library
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue, Severity, is_sound
from speakdesk.domain.persona_keys import PERSONA_KEYS
from speakdesk.domain.persona_size import size_of


def list_personas(folder: Path | None, as_json: bool) -> int:
    """Print every persona: key, name, what it does, language; the broken ones last."""

    async def work(library: OpenLibrary) -> int:
        found, broken = library.shelf.all(), library.shelf.broken()
        if as_json:
            print_json(
                [persona_json(p) for p in found]
                + [
                    {
                        "key": b.key,
                        "ok": False,
                        "file": str(b.folder / "README.md"),
                        "line": b.line,
                        "problem": b.sentence,
                    }
                    for b in broken
                ]
            )
            return 0
        width = max((len(p.key) for p in found), default=0)
        names = max((len(p.name) for p in found), default=0)
        for p in found:
            line = f"{p.key:<{width}}  {p.name:<{names}}  {p.summary} · {p.language}"
            print(printable(line))
        for b in broken:
            where = f" (line {b.line})" if b.line else ""
            print(printable(f"{b.key}: cannot be read: {b.sentence}{where}"))
        if not found and not broken:
            print(f"No personas in {library.shelf.user}. Make one: speakdesk personas new NAME")
        return 0

    return with_library(folder, work)


def show(key: str, folder: Path | None, as_source: bool, as_json: bool) -> int:
    """Print one persona: rendered, as its file, or as JSON."""

    async def work(library: OpenLibrary) -> int:
        persona = library.shelf.get(key)
        if as_json:
            print_json(whole_json(persona))
        elif as_source:
            sys.stdout.write(persona.source)
        else:
            _render(persona, library.shelf.is_own(persona))
        return 0

    return with_library(folder, work)


def _render(persona: Persona, is_own: bool) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    whose = "comes with SpeakDesk" if persona.is_bundled else "yours" if is_own else "only read"
    size = size_of(persona)
    facts = [
        f"{persona.key} · {persona.language} · {persona.gender or 'no gender'} · {whose}",
        f"{size.prompt:,} letters of prompt, {size.knowledge:,} of knowledge",
    ]
    if persona.knowledge:
        facts.append("Knows: " + ", ".join(item.name for item in persona.knowledge))
    if persona.folder is not None:
        facts.append(str(persona.folder))
    console = Console(highlight=False)
    # Written as one text: a console of its own would not tell a closed pipe as others do.
    with console.capture() as captured:
        console.print(Markdown(printable(persona.source or f"# {persona.name}"), hyperlinks=False))
        console.print()
        for fact in facts:
            console.print(printable(fact), markup=False, style="dim", soft_wrap=True)
    print(captured.get(), end="")


def check(keys: list[str], folder: Path | None, is_strict: bool, as_json: bool) -> int:
    """Print what is wrong, by file and line; 1 where anything is."""

    async def work(library: OpenLibrary) -> int:
        found = await library.check(keys)
        folders = _folders(library)
        verdicts = {key: _is_ok(issues, is_strict) for key, issues in found.items()}
        if as_json:
            print_json(
                [
                    {
                        "key": key,
                        "ok": verdicts[key],
                        "problems": [_issue_json(issue, folders.get(key)) for issue in issues],
                    }
                    for key, issues in found.items()
                ]
            )
        else:
            for key, issues in found.items():
                for issue in issues:
                    print(printable(_issue_line(issue, folders.get(key))))
            wrong = sum(not ok for ok in verdicts.values())
            count = f"{len(verdicts)} persona{'' if len(verdicts) == 1 else 's'}"
            print(f"{count}: {f'{wrong} with problems' if wrong else 'all in order'}.")
        return 0 if all(verdicts.values()) else 1

    return with_library(folder, work)


def show_keys(as_json: bool) -> int:
    """Print the metadata keys SpeakDesk understands."""
    if as_json:
        print_json(
            [
                {
                    "key": key.name,
                    "kind": key.kind.value,
                    "help": key.help,
                    "choices": list(key.choices),
                    **({"least": key.least, "most": key.most} if key.most else {}),
                }
                for key in PERSONA_KEYS
            ]
        )
        return 0
    width = max(len(key.name) for key in PERSONA_KEYS)
    for key in PERSONA_KEYS:
        print(f"{key.name:<{width}}  {key.help}")
    return 0


def migrate(keys: list[str], folder: Path | None, is_rehearsal: bool, as_json: bool) -> int:
    """Bring older files to the present format and say what was changed."""

    async def work(library: OpenLibrary) -> int:
        done = await library.shelf.migrate(keys, is_rehearsal=is_rehearsal)
        if as_json:
            print_json(
                [
                    {
                        "key": key,
                        "changed": bool(changes),
                        "changes": [c.to_json() for c in changes],
                    }
                    for key, changes in done.items()
                ]
            )
            return 0
        for key, changes in done.items():
            for change in changes:
                print(printable(f"{key}/README.md:{change.line}: {change.sentence}"))
        count = sum(bool(changes) for changes in done.values())
        would = "would be changed" if is_rehearsal else "changed"
        print(f"{count} of {len(done)} personas {would}." if count else "Nothing to change.")
        return 0

    return with_library(folder, work)


def _is_ok(issues: tuple[PersonaIssue, ...], is_strict: bool) -> bool:
    if is_strict:
        return all(issue.severity is Severity.NOTE for issue in issues)
    return is_sound(issues)


def _folders(library: OpenLibrary) -> dict[str, Path]:
    folders = {b.key: b.folder for b in library.shelf.broken()}
    folders |= {p.key: p.folder for p in library.shelf.all() if p.folder is not None}
    return folders


def _issue_json(issue: PersonaIssue, folder: Path | None) -> dict[str, Any]:
    path = str(folder / issue.file) if folder is not None else issue.file
    return {**issue.to_json(), "path": path}


def _issue_line(issue: PersonaIssue, folder: Path | None) -> str:
    path = folder / issue.file if folder is not None else Path(issue.file)
    line = f":{issue.line}" if issue.line else ""
    return f"{path}{line}: {issue.severity.value}: {issue.sentence}"
