"""A persona whose voice will not do is told of by the check, with its line, before any launch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speakdesk.app.desk import Desk
from speakdesk.app.personas.opening import open_library
from speakdesk.domain.persona_issues import PersonaIssue, Severity
from speakdesk.store.paths import Paths
from tests.standins.cartesia import CartesiaStandIn

VOICES = [
    {"id": "v-mia", "name": "Mia", "language": "en", "gender": "feminine"},
    {"id": "v-uta", "name": "Uta", "language": "de", "gender": "feminine"},
]


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    async with CartesiaStandIn(voices=VOICES) as cartesia:
        monkeypatch.setenv("SPEAKDESK_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        monkeypatch.setenv("CARTESIA_API_KEY", "cartesia-test-key-123456")
        monkeypatch.setenv("CARTESIA_URL", cartesia.tts_url)
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "LLM_MODEL"):
            monkeypatch.delenv(name, raising=False)
        yield tmp_path


def put(home: Path, key: str, *metadata: str, prompt: str = "Help.") -> None:
    folder = home / "home" / "data" / "personas" / key
    folder.mkdir(parents=True)
    lines = "\n".join(f"- {line}" for line in metadata)
    (folder / "README.md").write_text(f"# {key.title()}\n\n{prompt}\n\n## Metadata\n{lines}\n")


async def issues(key: str) -> list[PersonaIssue]:
    async with open_library() as library:
        return list((await library.check([key]))[key])


async def test_a_voice_that_is_gone_is_an_error_at_its_line(home: Path) -> None:
    gone = "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"
    put(home, "ada", "language_code: en", f"cartesia_voice_id: {gone}")
    (issue,) = await issues("ada")
    assert (issue.line, issue.field, issue.severity) == (7, "cartesia_voice_id", Severity.ERROR)
    assert f"{gone} is not among Cartesia's voices" in issue.sentence


async def test_a_voice_of_another_language_is_a_warning(home: Path) -> None:
    put(home, "ada", "cartesia_voice: v-uta", "language_code: en")
    (issue,) = await issues("ada")
    assert (issue.line, issue.severity) == (6, Severity.WARNING)
    assert "Uta is made for “de”" in issue.sentence


async def test_a_voice_that_does_is_no_issue(home: Path) -> None:
    put(home, "ada", "cartesia_voice: v-mia")
    assert await issues("ada") == []


async def test_a_voice_this_computer_lacks_is_an_error(home: Path) -> None:
    put(home, "ada", "tts: espeak", "espeak_voice: gibberish")
    (issue,) = await issues("ada")
    assert (issue.field, issue.severity) == ("espeak_voice", Severity.ERROR)


async def test_the_size_is_judged_by_the_model_it_would_think_with(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "ada", "cartesia_voice: v-mia", prompt="word " * 4_000)
    (issue,) = await issues("ada")
    assert "the first 16,000" in issue.sentence
    monkeypatch.setenv("OPENAI_API_KEY", "openai-key")
    assert await issues("ada") == []


async def test_the_desk_warns_before_a_launch(home: Path) -> None:
    put(home, "ada", "cartesia_voice: v-uta")
    settings = home / "home" / "config" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"speech": {"tts": "cartesia"}}))
    desk = Desk(Paths.inside(home / "home"))
    await desk.open()
    try:
        await desk.studio.freshen()
        warnings = desk.plan("ada").warnings
        assert any("Uta is made for “de”" in warning for warning in warnings)
        unsaved = desk.personas.get("ada")
        assert desk.plan(unsaved).warnings == warnings
    finally:
        await desk.close()
