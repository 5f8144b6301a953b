"""`speakdesk doctor`: what is set up, what is missing, what to do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from speakdesk.app.checks import CheckResult
from speakdesk.app.desk import Desk
from speakdesk.app.start import open_logs
from speakdesk.cli.output import print_json


def run(as_json: bool, *, with_keys: bool = False) -> int:
    """Print every check; 1 where something needed is broken.

    `with_keys` also asks the providers what their keys are worth.
    """
    results = asyncio.run(_results(with_keys))
    if as_json:
        print_json(
            {
                "ok": all(r.ok or r.is_optional for r in results),
                "checks": [asdict(r) for r in results],
            }
        )
    else:
        for result in results:
            mark = "✓" if result.ok else ("-" if result.is_optional else "✗")
            print(f"{mark} {result.name}: {result.sentence}")
            if result.next_step and not result.ok:
                print(f"    {result.next_step}")
    return 0 if all(r.ok or r.is_optional for r in results) else 1


async def _results(with_keys: bool) -> tuple[CheckResult, ...]:
    desk = Desk()
    open_logs(desk, to_stderr="ERROR")
    try:
        await desk.open()
        return await desk.checks(with_keys=with_keys)
    finally:
        await desk.close()
