"""`speakdesk personas …`: the contract of the terminal, in one process."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speakdesk.cli.main import main

Run = Callable[..., tuple[int, str, str]]
PICTURES = Path(__file__).parents[2] / "fixtures" / "pictures"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("SPEAKDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CARTESIA_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["personas", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def value(outcome: tuple[int, str, str]) -> Any:
    assert outcome[0] == 0, outcome
    return json.loads(outcome[1])


def put(root: Path, key: str, text: str | bytes) -> Path:
    folder = root / key
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "README.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_lists_what_came_with_it_and_what_is_broken(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "home" / "data" / "personas", "bad", b"# Bad\n\n\xff\n")
    listed = value(run("list", "--json"))
    by_key = {item["key"]: item for item in listed}
    assert by_key["interviewer"]["ok"]
    assert by_key["interviewer"]["is_bundled"]
    assert (by_key["bad"]["ok"], by_key["bad"]["line"]) == (False, 3)
    status, out, _ = run("list")
    assert status == 0
    assert "bad: cannot be read" in out


def test_another_library_stands_alone(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "lib", "ada", "# Ada\n\nHelp.\n")
    assert [p["key"] for p in value(run("list", "--dir", "lib", "--json"))] == ["ada"]
    status, _, err = run("list", "--dir", "nowhere")
    assert status == 1
    assert "There is no folder nowhere" in err


def test_shows_one_rendered_as_source_and_as_json(run: Run, tmp_path: Path) -> None:
    source = "# Ada\n\nHelp **much**.\x1b[31m\n\n## Metadata\n- gender: FEMALE\n"
    put(tmp_path / "lib", "ada", source)
    status, out, _ = run("show", "ada", "--dir", "lib")
    assert status == 0
    assert "Help much." in out
    assert "\x1b[31m" not in out
    assert run("show", "ada", "--dir", "lib", "--source")[1] == source
    assert value(run("show", "ada", "--dir", "lib", "--json"))["gender"] == "FEMALE"
    status, _, err = run("show", "interviwer")
    assert status == 1
    assert "Did you mean interviewer" in err


def test_check_ends_with_1_and_names_file_and_line(run: Run, tmp_path: Path) -> None:
    assert run("check")[0] == 0
    put(tmp_path / "lib", "good", "# Good\n\nHelp.\n")
    wrong = put(tmp_path / "lib", "wrong", "# Wrong\n\nHelp.\n\n## Metadata\n- gender: Banana\n")
    broken = put(tmp_path / "lib", "broken", b"# B\n\xff\n")
    status, out, _ = run("check", "--dir", "lib")
    assert status == 1
    assert f"{wrong}:6: error:" in out
    assert f"{broken}:2: error:" in out
    status, out, _ = run("check", "--dir", "lib", "--json")
    assert status == 1
    found = {item["key"]: item for item in json.loads(out)}
    assert {key: item["ok"] for key, item in found.items()} == {
        "good": True,
        "wrong": False,
        "broken": False,
    }
    assert all(set(item) == {"key", "ok", "problems"} for item in found.values())
    [problem] = found["wrong"]["problems"]
    assert (problem["file"], problem["line"], problem["field"]) == ("README.md", 6, "gender")
    assert run("check", "good", "--dir", "lib")[0] == 0


def test_warnings_count_only_where_asked(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "lib", "ada", "# Ada\n")
    assert run("check", "--dir", "lib")[0] == 0
    assert run("check", "--dir", "lib", "--strict")[0] == 1


def test_the_metadata_keys_are_told(run: Run) -> None:
    keys = {item["key"]: item for item in value(run("check", "--keys", "--json"))}
    assert keys["gender"]["choices"] == ["MALE", "FEMALE", "NON-BINARY"]
    assert keys["speed"]["most"] == 2.0


def test_makes_edits_and_checks_one(run: Run) -> None:
    made = value(
        run("new", "Sales Coach", "--prompt", "Coach.", "--set", "gender=FEMALE", "--json")
    )
    assert (made["key"], made["name"], made["gender"]) == ("sales_coach", "Sales Coach", "FEMALE")
    status, _, err = run("new", "sales_coach")
    assert status == 1
    assert "already" in err
    assert value(run("new", "night_owl", "--json"))["name"] == "Night Owl"
    edited = value(run("edit", "sales_coach", "--set", "voice=calm; warm", "--set", "tags=a, b",
                       "--unset", "gender", "--json"))  # fmt: skip
    assert (edited["tags"], edited["gender"]) == (["a", "b"], "")
    whole = value(run("show", "sales_coach", "--json"))
    assert whole["voice_tone"] == ["calm", "warm"]
    assert "gender" not in whole["metadata"]
    status, _, err = run("edit", "sales_coach", "--set", "nonsense")
    assert status == 2
    assert "KEY=VALUE" in err
    assert run("new")[0] == 2


def test_edits_in_the_persons_editor(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "Ada", "--prompt", "Old.")
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        "p.write_text(p.read_text().replace('Old.', 'New.') or 'fresh')\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    assert run("edit", "ada")[0] == 0
    assert value(run("show", "ada", "--json"))["prompt"] == "New."
    assert "Nothing was changed" in run("edit", "ada")[1]
    assert run("edit", "ada", "--file", "Rules.md")[0] == 0
    assert value(run("show", "ada", "--json"))["knowledge"] == [
        {"name": "Rules.md", "text": "fresh"}
    ]
    readme = tmp_path / "home" / "data" / "personas" / "ada" / "README.md"
    editor.write_text(
        "import sys, pathlib\n"
        "pathlib.Path(sys.argv[1]).write_text('# Ada\\n\\nMine.\\n')\n"
        f"pathlib.Path({str(readme)!r}).write_text('# Ada\\n\\nTheirs.\\n')\n"
    )
    status, _, err = run("edit", "ada")
    assert status == 1
    assert "changed on disk" in err
    kept = Path(err.split("Your text is kept in ")[1].split("\n")[0].rstrip("."))
    assert kept.read_text() == "# Ada\n\nMine.\n"
    assert readme.read_text() == "# Ada\n\nTheirs.\n"
    monkeypatch.setenv("EDITOR", "no-such-editor-anywhere")
    status, _, err = run("edit", "ada")
    assert status == 1
    assert "Name yours in EDITOR" in err


@pytest.mark.parametrize("name", ["../x.md", "{outside}/notes.md", "..", "a/b.md", "notes:x.md"])
def test_a_file_to_edit_is_one_of_the_persona_and_nothing_outside_is_touched(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "Ada", "--prompt", "Old.")
    outside = tmp_path / "outside"
    (outside / "temporary").mkdir(parents=True)
    for place in (outside, outside / "temporary"):
        (place / "notes.md").write_text("not ours")
    monkeypatch.setattr("tempfile.tempdir", str(outside / "temporary"))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "true")
    status, _, err = run("edit", "ada", "--file", name.format(outside=outside))
    assert status == 1
    assert "cannot be a knowledge file's name" in err
    left = sorted(str(path.relative_to(outside)) for path in outside.rglob("*"))
    assert left == ["notes.md", "temporary", "temporary/notes.md"]
    assert (outside / "notes.md").read_text() == "not ours"


def test_the_copy_for_the_editor_is_taken_away_and_nothing_beside_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "Ada", "--prompt", "Old.")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "true")
    assert "Nothing was changed" in run("edit", "ada")[1]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_copies_renames_deletes_and_brings_back(run: Run) -> None:
    assert value(run("duplicate", "interviewer", "mine", "--json"))["key"] == "mine"
    assert value(run("rename", "mine", "yours", "--json"))["key"] == "yours"
    [gone] = value(run("delete", "yours", "--json"))
    assert [e["id"] for e in value(run("restore", "--json"))] == [gone["id"]]
    assert value(run("restore", gone["id"], "--json"))["key"] == "yours"
    status, _, err = run("delete", "interviewer")
    assert status == 1
    assert "Duplicate it" in err


def test_versions_are_listed_compared_and_brought_back(run: Run) -> None:
    run("new", "Ada", "--prompt", "First.")
    run("edit", "ada", "--set", "prompt=Second.")
    newest, oldest = value(run("versions", "ada", "--json"))
    assert "-First." in run("versions", "ada", "--diff", oldest["id"])[1]
    assert run("versions", "ada", "--diff", newest["id"])[1] == ""
    assert run("versions", "ada", "--restore", oldest["id"])[0] == 0
    assert value(run("show", "ada", "--json"))["prompt"] == "First."


@pytest.mark.parametrize("form", ["folder", "zip", "png", "json", "charx"])
def test_exports_and_imports(form: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    exported = value(run("export", "support_desk", "-f", form, "--to", "out", "--json"))
    assert exported["format"] == form
    path = exported["path"]
    planned = value(run("import", path, "--dir", "lib", "--dry-run", "--json"))
    assert (planned["imported"], planned["personas"][0]["action"]) == ([], "new")
    assert value(run("import", path, "--dir", "lib", "--json"))["imported"] == ["support_desk"]
    mine = value(run("show", "support_desk", "--dir", "lib", "--json"))
    assert mine["source"] == value(run("show", "support_desk", "--json"))["source"]


def test_an_import_overwrites_only_where_asked(run: Run, tmp_path: Path) -> None:
    run("new", "Ada", "--prompt", "Mine.")
    path = put(tmp_path, "ada", "# Ada\n\nTheirs.\n").parent
    status, out, err = run("import", str(path))
    assert status == 1
    assert "~ README.md" in out
    assert "--replace" in err
    assert value(run("show", "ada", "--json"))["prompt"] == "Mine."
    assert value(run("import", str(path), "--as", "ada_two", "--json"))["imported"] == ["ada_two"]
    assert value(run("import", str(path), "--replace", "--json"))["imported"] == ["ada"]
    assert value(run("show", "ada", "--json"))["prompt"] == "Theirs."
    assert [e["key"] for e in value(run("restore", "--json"))] == ["ada"]
    status, _, err = run("import", "nothing.zip")
    assert status == 1
    assert "There is no file" in err


def test_an_import_of_many_goes_on_past_the_one_that_is_broken(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "many", "ada", "# Ada\n\nHelp.\n")
    folder = put(tmp_path / "many", "bad", "").parent.parent
    (folder / "bad" / "README.md").write_bytes(b"# Bad\n\xe9\n")
    status, out, err = run("import", str(folder), "--dir", "lib")
    assert status == 1
    assert "Imported: ada." in out
    assert "bad: Line 2 of README.md is not UTF-8" in err


def test_an_export_knows_its_form_by_the_name(run: Run, tmp_path: Path) -> None:
    assert value(run("export", "support_desk", "-o", "x.charx", "--json"))["format"] == "charx"
    assert (tmp_path / "x.charx").read_bytes().startswith(b"PK")
    assert run("export", "support_desk", "-o", "x.doc")[0] == 2
    assert run("export", "support_desk", "-f", "folder")[0] == 0
    status, _, err = run("export", "support_desk", "-f", "folder")
    assert status == 1
    assert "already" in err


def test_migrates_and_says_what_it_changed(run: Run, tmp_path: Path) -> None:
    path = put(tmp_path / "lib", "old", "# Old\n\nHelp.\n\n## METADATA\n- sex: m\n")
    rehearsed = value(run("migrate", "--dir", "lib", "--dry-run", "--json"))
    assert "sex: m" in path.read_text()
    assert value(run("migrate", "--dir", "lib", "--json")) == rehearsed
    assert rehearsed[0]["changed"]
    assert path.read_text().endswith("## Metadata\n- gender: MALE\n")
    status, out, _ = run("migrate", "--dir", "lib")
    assert (status, out) == (0, "Nothing to change.\n")


def test_voices_without_a_key_are_this_computers(run: Run) -> None:
    found = value(run("voices", "--service", "espeak", "--language", "fr", "--json"))
    assert found["voices"]
    assert all(voice["language"].startswith("fr") for voice in found["voices"])
    match = value(run("match-voice", "kundenservice", "--service", "espeak", "--save", "--json"))
    assert (match["by"], match["saved"]) == ("ranking", True)
    metadata = value(run("show", "kundenservice", "--json"))["metadata"]
    assert metadata["espeak_voice"] == match["voice"]["id"]


def test_a_picture_from_a_file(run: Run, tmp_path: Path) -> None:
    run("new", "Ada")
    made = value(run("picture", "ada", "--file", str(PICTURES / "face.webp"), "--json"))
    assert made["picture"].startswith("ada.")
    (tmp_path / "cut.png").write_bytes((PICTURES / "face.png").read_bytes()[:100])
    status, _, err = run("picture", "ada", "--file", "cut.png")
    assert status == 1
    assert "damaged" in err


def test_what_needs_a_key_says_which(run: Run) -> None:
    status, _, err = run("new", "--from-sentence", "A patient maths teacher")
    assert status == 1
    assert "OPENAI_API_KEY" in err
    run("new", "Ada")
    status, _, err = run("picture", "ada")
    assert status == 1
    assert "REPLICATE_API_TOKEN" in err or "OPENAI_API_KEY" in err
