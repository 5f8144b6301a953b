"""The last saves: kept, compared, brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge
from speakdesk.store.personas.text_json import PersonaTexts
from speakdesk.store.personas.versions import PersonaVersions, compare


def texts(source: str, **knowledge: str) -> PersonaTexts:
    return PersonaTexts(source, tuple(Knowledge(f"{k}.md", v) for k, v in knowledge.items()))


def test_keeps_the_last_ones_newest_first(tmp_path: Path) -> None:
    versions = PersonaVersions(tmp_path, kept=3)
    for number in range(5):
        versions.keep("ada", texts(f"# {number}"), "edited")
    found = versions.all("ada")
    assert [versions.texts("ada", v.id).source for v in found] == ["# 4", "# 3", "# 2"]
    assert found[0].why == "edited"
    assert versions.all("nobody") == ()


def test_the_same_again_is_no_new_version(tmp_path: Path) -> None:
    versions = PersonaVersions(tmp_path)
    versions.keep("ada", texts("# A", a="1", b="2"))
    versions.keep("ada", texts("# A", b="2", a="1"))
    assert len(versions.all("ada")) == 1


def test_a_diff_tells_every_file(tmp_path: Path) -> None:
    old = texts("# A\n\nold\nsame\n", Gone="gone\n", Same="same\n")
    new = texts("# A\n\nnew\nsame\n", Same="same\n", Fresh="fresh\n")
    assert compare(old, new, "then", "now").splitlines() == [
        "--- README.md (then)",
        "+++ README.md (now)",
        "@@ -1,4 +1,4 @@",
        " # A",
        " ",
        "-old",
        "+new",
        " same",
        "--- Gone.md (then)",
        "+++ (no file)",
        "@@ -1 +0,0 @@",
        "-gone",
        "--- (no file)",
        "+++ Fresh.md (now)",
        "@@ -0,0 +1 @@",
        "+fresh",
    ]
    assert compare(old, old, "then", "now") == ""


def test_a_damaged_version_hides_no_other(tmp_path: Path) -> None:
    versions = PersonaVersions(tmp_path)
    versions.keep("ada", texts("# A"))
    (tmp_path / "ada" / "99999999-broken.json").write_text("{")
    [only] = versions.all("ada")
    for wrong in ("99999999-broken", "nothing", f"../ada/{only.id}"):
        with pytest.raises(PersonaError, match="no version"):
            versions.texts("ada", wrong)


def test_versions_follow_their_persona_and_never_mix(tmp_path: Path) -> None:
    versions = PersonaVersions(tmp_path)
    versions.keep("ada", texts("# A"))
    versions.keep("bea", texts("# B"))
    versions.rename("ada", "bea")
    assert len(versions.all("bea")) == 1
    versions.rename("ada", "cy")
    assert versions.all("ada") == ()
    assert len(versions.all("cy")) == 1


def test_a_full_disk_is_no_reason_not_to_save(tmp_path: Path) -> None:
    (tmp_path / "versions").write_text("a file where the folder should be")
    versions = PersonaVersions(tmp_path / "versions")
    versions.keep("ada", texts("# A"))
    assert versions.all("ada") == ()
