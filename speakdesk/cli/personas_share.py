"""`speakdesk personas import|export` in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from speakdesk.app.personas.opening import OpenLibrary
from speakdesk.app.personas.sharing import FileAction, Form, ImportPlan, PlannedPersona
from speakdesk.cli.output import print_json, print_problem
from speakdesk.cli.personas_library import printable, with_library

_MARKS = {
    FileAction.NEW: "+",
    FileAction.CHANGED: "~",
    FileAction.SAME: "=",
    FileAction.STAYS: " ",
    FileAction.LEFT_OUT: "-",
}


def take_in(
    path: Path, key: str, replaces: bool, is_rehearsal: bool, folder: Path | None, as_json: bool
) -> int:
    """Say what an import will do, then do it; what would be overwritten needs `--replace`.

    1 where one of several personas could not be read; the others are taken in all the same.
    """

    async def work(library: OpenLibrary) -> int:
        plan = await library.sharing.plan_import(path)
        if key:
            if len(plan.personas) != 1:
                raise typer.BadParameter(
                    f"{path.name} holds {len(plan.personas)} personas", param_hint="--as"
                )
            plan = await library.sharing.plan_import(path, {plan.personas[0].key: key})
        stands_in_way = [p.key for p in plan.overwrites] if not replaces else []
        done: tuple[str, ...] = ()
        if not is_rehearsal and not stands_in_way:
            done = await library.sharing.carry_out(plan)
        if as_json:
            print_json(_plan_json(plan, done))
        else:
            _print_plan(plan)
        for problem in plan.unread:
            print_problem(problem)
        if is_rehearsal:
            return 1 if plan.unread else 0
        if stands_in_way:
            print(
                f"{', '.join(stands_in_way)}: yours already, and would be changed, so nothing was "
                "done. Take another key with --as KEY, or go on with --replace; what is "
                "overwritten goes into the trash.",
                file=sys.stderr,
            )
            return 1
        if not as_json:
            print(f"Imported: {', '.join(done)}." if done else "All of it is here already.")
        return 1 if plan.unread else 0

    return with_library(folder, work, create=True)


def give_away(
    key: str, form: str, to: Path | None, is_v2: bool, folder: Path | None, as_json: bool
) -> int:
    """Write a persona as a folder, a zip or a card."""
    wanted = _form(form, to)

    async def work(library: OpenLibrary) -> int:
        path, exported = await library.sharing.export_to(
            key, wanted, to if to is not None else Path(), is_v2=is_v2
        )
        if as_json:
            print_json({"path": str(path), "format": wanted.value, "notes": list(exported.notes)})
            return 0
        print(f"Written to {path}.")
        for note in exported.notes:
            print(note, file=sys.stderr)
        return 0

    return with_library(folder, work)


def _form(form: str, to: Path | None) -> Form:
    if not form and to is not None and not to.is_dir():
        form = to.suffix.lstrip(".").lower()
    try:
        return Form(form or "zip")
    except ValueError as e:
        raise typer.BadParameter(
            f"there is no format {form!r}; there are {', '.join(Form)}", param_hint="--format"
        ) from e


def _print_plan(plan: ImportPlan) -> None:
    for one in plan.personas:
        print(printable(f"{one.key}  {one.name}  ({one.action.value})"))
        for file in one.files:
            size = f"  {file.size_bytes:,} bytes" if file.size_bytes else ""
            note = f": {file.note}" if file.note else ""
            print(
                printable(f"  {_MARKS[file.action]} {file.name}{size}  {file.action.value}{note}")
            )
        for sentence in (*one.notes, *(_words(one))):
            print(printable(f"  {sentence}"))


def _words(one: PlannedPersona) -> list[str]:
    return [f"{i.file}{f':{i.line}' if i.line else ''}: {i.sentence}" for i in one.issues]


def _plan_json(plan: ImportPlan, done: tuple[str, ...]) -> dict[str, Any]:
    return {
        "source": plan.source,
        "imported": list(done),
        "unread": [problem.to_json() for problem in plan.unread],
        "personas": [
            {
                "key": one.key,
                "name": one.name,
                "action": one.action.value,
                "overwrites": list(one.overwrites),
                "notes": list(one.notes),
                "problems": [issue.to_json() for issue in one.issues],
                "files": [
                    {
                        "name": file.name,
                        "action": file.action.value,
                        "size_bytes": file.size_bytes,
                        "note": file.note,
                    }
                    for file in one.files
                ],
            }
            for one in plan.personas
        ],
    }
