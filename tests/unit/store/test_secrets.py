"""Keys: found in order, kept in the key store, never shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.errors import NoKeyringError

from speakdesk.domain.errors import Reason, StoreError
from speakdesk.store.redaction import HIDDEN, KnownSecrets
from speakdesk.store.secrets import KeyRing


class MemoryStore:
    def __init__(self, **values: str) -> None:
        self.values = values

    def get_password(self, service: str, username: str) -> str | None:
        return self.values.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.values[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.values[username]


class NoStore(MemoryStore):
    def get_password(self, service: str, username: str) -> str | None:
        raise NoKeyringError("no backend")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NoKeyringError("no backend")


class RefusingStore(MemoryStore):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot store {password}")


class HangingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait()
        return None


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    config, working = tmp_path / "config", tmp_path / "working"
    config.mkdir()
    working.mkdir()
    return config, working


def ring(folders: tuple[Path, Path], store: MemoryStore, **more: object) -> KeyRing:
    config, working = folders
    options: dict[str, object] = {"environ": {}, "secrets": KnownSecrets(), **more}
    return KeyRing(config, working=working, store=store, **options)  # type: ignore[arg-type]


async def test_the_nearest_source_wins(folders: tuple[Path, Path]) -> None:
    config, working = folders
    (config / ".env").write_text(
        'OPENAI_API_KEY=from-config\nGLADIA_API_KEY="config gladia"\n'
        "export OPENROUTER_API_KEY=or-1\n"
    )
    (working / ".env").write_text("\ufeff# keys\nOPENAI_API_KEY='from-working'\nLLM_MODEL=\n")
    store = MemoryStore(OPENAI_API_KEY="stored", CARTESIA_API_KEY="stored", DEEPGRAM_API_KEY="s")
    keys = ring(folders, store, environ={"DEEPGRAM_API_KEY": "from-environment"})
    found = await keys.load()
    assert found.get("DEEPGRAM_API_KEY") == "from-environment"
    assert found.get("OPENAI_API_KEY") == "from-working"
    assert found.get("GLADIA_API_KEY") == "config gladia"
    assert found.get("OPENROUTER_API_KEY") == "or-1"
    assert found.get("CARTESIA_API_KEY") == "stored"
    assert not found.has("LLM_MODEL")
    assert keys.source_of("DEEPGRAM_API_KEY") == "environment"
    assert keys.source_of("OPENAI_API_KEY") == str(working / ".env")
    assert keys.source_of("CARTESIA_API_KEY") == "key store"
    assert keys.source_of("LLM_MODEL") == ""
    assert "from" not in repr(found)


async def test_a_kept_key_is_there_at_once_and_after_a_restart(
    folders: tuple[Path, Path],
) -> None:
    store = MemoryStore()
    keys = ring(folders, store)
    await keys.load()
    await keys.set("CARTESIA_API_KEY", "  sk_car_1  ")
    assert keys.keys.get("CARTESIA_API_KEY") == "sk_car_1"
    assert (await ring(folders, store).load()).get("CARTESIA_API_KEY") == "sk_car_1"
    await keys.delete("CARTESIA_API_KEY")
    await keys.delete("CARTESIA_API_KEY")
    assert not keys.keys.has("CARTESIA_API_KEY")
    assert store.values == {}


async def test_emptying_a_key_removes_it(folders: tuple[Path, Path]) -> None:
    store = MemoryStore(OPENROUTER_API_KEY="x")
    await ring(folders, store).set("OPENROUTER_API_KEY", " ")
    assert store.values == {}


async def test_a_computer_without_a_key_store_still_has_the_others(
    folders: tuple[Path, Path],
) -> None:
    keys = ring(folders, NoStore(), environ={"OPENAI_API_KEY": "env"})
    assert (await keys.load()).get("OPENAI_API_KEY") == "env"
    assert keys.problem is not None
    assert keys.problem.reason is Reason.UNAVAILABLE
    with pytest.raises(StoreError, match=r"\.env"):
        await keys.set("OPENAI_API_KEY", "value")


@pytest.fixture
def hanging() -> Iterator[HangingStore]:
    store = HangingStore()
    yield store
    store.released.set()


async def test_a_key_store_that_hangs_holds_up_nothing(
    folders: tuple[Path, Path], hanging: HangingStore
) -> None:
    keys = ring(folders, hanging, environ={"OPENAI_API_KEY": "env"}, timeout_s=0.02)
    assert (await keys.load()).get("OPENAI_API_KEY") == "env"
    assert keys.problem is not None
    assert keys.problem.reason is Reason.TIMEOUT


async def test_a_refusal_never_repeats_the_key(folders: tuple[Path, Path]) -> None:
    keys = ring(folders, RefusingStore())
    with pytest.raises(StoreError) as raised:
        await keys.set("OPENAI_API_KEY", "sk-very-secret-value")
    assert "very-secret" not in str(raised.value)
    assert HIDDEN in raised.value.problem.vendor_words


async def test_an_unknown_name_is_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(StoreError, match="not a key"):
        await ring(folders, MemoryStore()).set("PATH", "x")


async def test_the_environment_is_not_touched(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.delenv("GLADIA_API_KEY", raising=False)
    (folders[1] / ".env").write_text("GLADIA_API_KEY=only-in-file\n")
    await ring(folders, MemoryStore()).load()
    assert "GLADIA_API_KEY" not in os.environ


async def test_every_loaded_key_is_hidden_from_the_log(folders: tuple[Path, Path]) -> None:
    known = KnownSecrets()
    environ = {"OPENAI_API_KEY": "plain/value+1", "BASE_URL": "https://desk.example"}
    await ring(folders, MemoryStore(), environ=environ, secrets=known).load()
    assert known.redact("sent plain/value+1 to x") == f"sent {HIDDEN} to x"
    assert known.redact("key plain%2Fvalue%2B1") == f"key {HIDDEN}"
    assert known.redact("at https://desk.example") == "at https://desk.example"
