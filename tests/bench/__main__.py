"""`python -m tests.bench [CASE…] [--quick] [--only SUBJECT]…`: one JSON line per figure."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from tests.bench.case_bots import bots
from tests.bench.case_flight import flight
from tests.bench.case_meetings import meetings
from tests.bench.case_personas import personas
from tests.bench.case_player import player
from tests.bench.case_silence import busy_window, silence
from tests.bench.case_window import window
from tests.bench.desk_subject import DeskSubject
from tests.bench.figures import Figure
from tests.bench.options import Options, note
from tests.bench.plain_subject import PlainPipecat
from tests.bench.subject import Subject

Subjects = Mapping[str, Callable[[], Subject]]
SUBJECTS: Subjects = {
    "plain": PlainPipecat,
    "desk": lambda: DeskSubject(has_window=False),
    "desk+window": lambda: DeskSubject(has_window=True),
}
CASES: Mapping[str, Callable[[Subjects, Options], AsyncIterator[Figure]]] = {
    "window": window,
    "bots": bots,
    "silence": silence,
    "busy-window": busy_window,
    "meetings": meetings,
    "personas": personas,
    "player": player,
    "flight": flight,
}


class Verdict(NamedTuple):
    """Whether all could be measured, and whether what was measured holds its limits."""

    is_measured: bool
    holds: bool


async def run(cases: list[str], subjects: Subjects, options: Options) -> Verdict:
    """Measure and print."""
    is_measured = holds = True
    for case in cases:
        try:
            async for figure in CASES[case](subjects, options):
                print(figure.to_line(), flush=True)
                holds = holds and figure.ok is not False
        except Exception as e:
            note(f"{case} could not be measured: {type(e).__name__}: {e}")
            print(Figure(case, None, "", note=f"failed: {e}").to_line(), flush=True)
            is_measured = False
    return Verdict(is_measured, holds)


def main() -> int:
    """Exit 0 where all was measured and, without --quick, every limit holds; else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *CASES], help="default: all of them")
    parser.add_argument("--quick", action="store_true", help="short, for a smoke test")
    parser.add_argument("--only", action="append", choices=list(SUBJECTS), help="these subjects")
    parser.add_argument("--rounds", type=int, help="how often each subject is measured")
    arguments = parser.parse_args()
    options = Options.quick() if arguments.quick else Options()
    if arguments.rounds:
        options = replace(options, rounds=arguments.rounds)
    chosen = arguments.only or list(SUBJECTS)
    subjects = {name: SUBJECTS[name] for name in chosen}
    verdict = asyncio.run(run(arguments.case or list(CASES), subjects, options))
    return 0 if verdict.is_measured and (verdict.holds or arguments.quick) else 1


if __name__ == "__main__":
    sys.exit(main())
