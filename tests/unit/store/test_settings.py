"""Settings: checked, migrated, kept whole, and never a place for keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from speakdesk.domain.errors import StoreError
from speakdesk.domain.speech import SpeechWish
from speakdesk.store.settings import Settings, SettingsFile, SpeechSettings, Theme


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def loaded(path: Path, data: object) -> SettingsFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    file = SettingsFile(path)
    file.load()
    return file


def on_disk(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def test_every_setting_says_what_it_is() -> None:
    for model in (Settings, SpeechSettings):
        for name, field in model.model_fields.items():
            assert field.title, name
            assert field.description, name


def test_a_missing_file_means_defaults_and_no_trouble(path: Path) -> None:
    file = SettingsFile(path)
    assert file.load() == Settings()
    assert file.problems == ()


async def test_saved_settings_come_back(path: Path) -> None:
    file = SettingsFile(path)
    wanted = Settings().with_changes(
        theme="dark", port=9000, speech={"llm": "OpenAI", "llm_base_url": "http://localhost:1/v1"}
    )
    await file.save(wanted)
    assert file.current is wanted
    other = SettingsFile(path)
    assert other.load() == wanted
    assert other.current.theme is Theme.DARK
    assert other.current.speech.wish() == SpeechWish(
        llm="openai", llm_base_url="http://localhost:1/v1"
    )


async def test_what_another_version_wrote_is_kept(path: Path) -> None:
    file = loaded(path, {"schema_version": 1, "hats": ["red"], "speech": {"whisper": 3}})
    await file.save(file.current.with_changes(port=1234))
    assert on_disk(path)["hats"] == ["red"]
    assert on_disk(path)["speech"]["whisper"] == 3
    assert on_disk(path)["port"] == 1234


async def test_a_newer_file_is_used_as_far_as_understood_and_stays_newer(path: Path) -> None:
    file = loaded(path, {"schema_version": 7, "port": 4321})
    assert file.current.port == 4321
    assert "newer" in file.problems[0].sentence
    await file.save(file.current)
    assert on_disk(path)["schema_version"] == 7


def test_migrators_run_in_order_from_the_files_version(path: Path) -> None:
    loaded(path, {"schema_version": 1, "listen_on": 7777})

    def never(_: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError

    def rename(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "door": data.pop("listen_on")}

    def rename_again(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "port": data.pop("door")}

    file = SettingsFile(path, (never, rename, rename_again))
    assert file.load().port == 7777
    assert file.current.schema_version == 3


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "[" * 100_000])
def test_a_damaged_file_is_put_aside_and_told(path: Path, text: str) -> None:
    file = loaded(path, text)
    assert file.current == Settings()
    assert "damaged" in file.problems[0].sentence
    [aside] = path.parent.glob("settings.broken-*.json")
    assert aside.read_text(encoding="utf-8") == text
    assert not path.exists()


def test_one_wrong_value_costs_only_itself(path: Path) -> None:
    file = loaded(path, {"port": 99999, "theme": "dark", "speech": {"llm": 5, "tts": "espeak"}})
    assert file.current.port == 8765
    assert file.current.theme is Theme.DARK
    assert file.current.speech.tts == "espeak"
    assert "“Port”" in file.problems[0].sentence
    assert "“Thinks with”" in file.problems[0].sentence
    assert len(list(path.parent.glob("settings.before-repair-*.json"))) == 1


async def test_keys_are_neither_read_from_nor_written_to_settings(path: Path) -> None:
    file = loaded(path, {"OPENAI_API_KEY": "sk-secret", "speech": {"deepgram_api_key": "dg"}})
    assert "OPENAI_API_KEY" in file.problems[0].sentence
    assert "sk-secret" not in repr(file.current)
    await file.save(file.current)
    assert "secret" not in path.read_text(encoding="utf-8")  # noqa: ASYNC240


@pytest.mark.parametrize(
    "address", ["localhost:11434", "ftp://x", "https://me:pass@host/v1", "https://h/v1?key=abc"]
)
def test_an_address_that_cannot_be_or_holds_a_secret_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match="Language model's address"):
        Settings().with_changes(speech={"llm_base_url": address})


async def test_a_folder_that_cannot_be_written_is_told_and_nothing_changes(path: Path) -> None:
    path.parent.parent.joinpath("config").write_text("a file where the folder should be")
    file = SettingsFile(path)
    before = file.current
    with pytest.raises(StoreError, match="could not be saved"):
        await file.save(before.with_changes(port=1))
    assert file.current is before
