"""`speakdesk personas`: the library in the terminal."""

from __future__ import annotations

import asyncio

from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.output import print_json


def list_personas(as_json: bool) -> int:
    """Print every persona: key, name, what it does, language; the broken ones last."""
    return asyncio.run(_list(as_json))


async def _list(as_json: bool) -> int:
    desk = Desk()
    open_logs(desk, to_stderr="ERROR")
    try:
        await desk.open()
        found, broken = desk.personas.all(), desk.personas.broken()
    finally:
        await desk.close()
    if as_json:
        print_json(
            [
                {
                    "key": p.key,
                    "name": p.name,
                    "role": p.role,
                    "summary": p.summary,
                    "language": p.language,
                    "is_bundled": p.is_bundled,
                    "knowledge": [k.name for k in p.knowledge],
                    "ok": True,
                }
                for p in found
            ]
            + [
                {"key": b.folder.name, "ok": False, "line": b.line, "problem": b.sentence}
                for b in broken
            ]
        )
        return 0
    width = max((len(p.key) for p in found), default=0)
    names = max((len(p.name) for p in found), default=0)
    for p in found:
        print(f"{p.key:<{width}}  {p.name:<{names}}  {p.summary} · {p.language}")
    for b in broken:
        print(
            f"{b.folder.name}: cannot be read: {b.sentence}"
            + (f" (line {b.line})" if b.line else "")
        )
    return 0
