"""A practice meeting recorded by the real program is a regression test at once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Speakdesk

# A loaded machine decides a little later than a replay, whose clock stands still for the models.
TOLERANCE_S = "1.5"


def test_what_was_recorded_is_replayed_with_the_same_turns(
    speakdesk: Speakdesk, tmp_path: Path
) -> None:
    file = tmp_path / "meeting.speakdesk"
    held = speakdesk.run(
        "practice",
        "--persona",
        "interviewer",
        "--say",
        "What is your name?",
        "--flight",
        str(file),
    )
    assert held.returncode == 0, held.stderr
    done = speakdesk.run("replay", str(file), "--assert", "--json", "--tolerance", TOLERANCE_S)
    assert done.returncode == 0, done.stderr
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == 2
    greeting, answer = turns
    assert greeting["old"]["bot"]["text"] == greeting["new"]["bot"]["text"]
    assert answer["old"]["person"]["text"] == answer["new"]["person"]["text"]
    assert answer["old"]["bot"]["text"] == answer["new"]["bot"]["text"]
    assert "the same as in the recording" in done.stderr

    again = speakdesk.run("replay", str(file), "--json", "--tolerance", TOLERANCE_S)
    assert again.stdout == done.stdout
