"""Unsaved text survives whatever happens to the program."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge
from speakdesk.store.personas.drafts import NEW, PersonaDrafts
from speakdesk.store.personas.text_json import PersonaTexts

TEXTS = PersonaTexts("# Ada\n\nHalf a sent\u00e9nce", (Knowledge("Rules.md", "r\r\n"),))


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    drafts = PersonaDrafts(tmp_path / "drafts")
    assert drafts.get("ada") is None
    kept = drafts.keep("ada", TEXTS, "base")
    again = PersonaDrafts(tmp_path / "drafts").get("ada")
    assert again is not None
    assert (again.key, again.texts, again.base) == ("ada", TEXTS, "base")
    assert abs((again.kept - kept.kept).total_seconds()) < 0.01
    drafts.discard("ada")
    drafts.discard("ada")
    assert drafts.get("ada") is None


def test_a_draft_survives_a_killed_program(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from speakdesk.store.personas.drafts import PersonaDrafts\n"
        "from speakdesk.store.personas.text_json import PersonaTexts\n"
        f"drafts = PersonaDrafts(Path({str(tmp_path)!r}))\n"
        "drafts.keep('ada', PersonaTexts('# Ada\\n\\nfirst', ()), '')\n"
        "drafts.keep('ada', PersonaTexts('# Ada\\n\\nsecond', ()), '')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    draft = PersonaDrafts(tmp_path).get("ada")
    assert draft is not None
    assert draft.texts.source.endswith("second")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "ada"}', '{"source": 1}', "[" * 9999])
def test_a_damaged_draft_is_set_aside_and_forgotten(content: str, tmp_path: Path) -> None:
    drafts = PersonaDrafts(tmp_path)
    (tmp_path / "ada.json").write_text(content)
    drafts.keep("bea", TEXTS, "")
    assert [d.key for d in drafts.all()] == ["bea"]
    assert drafts.get("ada") is None
    assert [p.suffix for p in tmp_path.glob("ada*")] == [".bad"]


def test_a_draft_follows_its_persona(tmp_path: Path) -> None:
    drafts = PersonaDrafts(tmp_path)
    drafts.keep("ada", TEXTS, "base")
    drafts.keep(NEW, TEXTS, "")
    drafts.rename("ada", "bea")
    drafts.rename("nobody", "else")
    assert sorted(d.key for d in drafts.all()) == [NEW, "bea"]
    with pytest.raises(ValueError, match="no persona's key"):
        drafts.get("../ada")


def test_a_draft_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file where the folder should be")
    with pytest.raises(PersonaError, match="unsaved changes could not be kept"):
        PersonaDrafts(tmp_path / "drafts").keep("ada", TEXTS, "")
