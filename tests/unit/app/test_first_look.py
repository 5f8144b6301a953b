"""What the window reads before it is painted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speakdesk.app.first_look import FirstLook, first_look, settings_file
from speakdesk.store.paths import Paths


def test_it_reads_the_file_the_settings_are_kept_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environ in ({"SPEAKDESK_HOME": str(tmp_path)}, {"XDG_CONFIG_HOME": str(tmp_path)}, {}):
        for name in ("SPEAKDESK_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert settings_file() == str(Paths.find().settings_file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"theme": "dark", "window": "AdnQ"}', FirstLook("dark", "AdnQ")),
        ('{"theme": "purple", "window": 7}', FirstLook()),
        ("[1, 2]", FirstLook()),
        ("not json", FirstLook()),
        ("", FirstLook()),
    ],
)
def test_what_is_wrong_counts_as_the_default(
    tmp_path: Path, text: str, expected: FirstLook
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text(text, encoding="utf-8")
    assert first_look({"SPEAKDESK_HOME": str(tmp_path)}) == expected


def test_without_a_file_the_defaults_stand(tmp_path: Path) -> None:
    assert first_look({"SPEAKDESK_HOME": str(tmp_path)}) == FirstLook()


def test_what_settings_write_is_understood(tmp_path: Path) -> None:
    from speakdesk.store.settings import Settings

    (tmp_path / "config").mkdir()
    data = Settings().with_changes(theme="light", window="abc").model_dump(mode="json")
    (tmp_path / "config" / "settings.json").write_text(json.dumps(data), encoding="utf-8")
    assert first_look({"SPEAKDESK_HOME": str(tmp_path)}) == FirstLook("light", "abc")
