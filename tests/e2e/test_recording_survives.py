"""Recordings of real meetings: whole, also where the program dies in the middle."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

from speakdesk.domain.clock import from_iso
from tests.e2e.conftest import Speakdesk


def verified(speakdesk: Speakdesk, file: Path) -> Any:
    done = speakdesk.run("flight", "verify", str(file), "--json")
    return done.returncode, json.loads(done.stdout)


def test_a_recording_survives_kill_9_up_to_its_last_second(
    speakdesk: Speakdesk, tmp_path: Path
) -> None:
    file = tmp_path / "killed.speakdesk"
    program = speakdesk.start(
        "practice", "--persona", "interviewer", "--chat", "--flight", str(file), "--json"
    )
    program.until(lambda e: e["kind"] == "line.partial" and len(e["text"]) > 40)
    died = time.time()
    program.send(signal.SIGKILL)
    program.wait()

    found = speakdesk.json("flight", "info", str(file))
    assert not found["ended_in_order"]
    assert found["sound_s"]["bot"] > 1.0
    assert found["sound_s"]["meeting"] > 1.0
    began = from_iso(found["header"]["started"]).timestamp()
    assert died - began - found["duration_s"] < 1.2
    # What is in the middle of being written may be cut off; everything before it is whole.
    status, damage = verified(speakdesk, file)
    assert all("ends inside" in d["what"] for d in damage["damage"])
    assert status == (1 if damage["damage"] else 0)

    saved = tmp_path / "saved.speakdesk"
    speakdesk.run("flight", "verify", str(file), "--repair", str(saved))
    assert verified(speakdesk, saved)[0] == 0
