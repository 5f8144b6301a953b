"""A lock between processes."""

from __future__ import annotations

from pathlib import Path

from speakdesk.store.file_lock import FileLock
from tests.fixtures.lock_holder import held_elsewhere


def test_one_process_has_it_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "it.lock"
    lock = FileLock(path)
    with held_elsewhere(path) as other:
        assert not lock.take()
        assert not lock.is_held
        other.kill()
        other.wait(10)
        assert lock.take()
    lock.release()
    lock.release()
    assert not path.exists()


def test_it_can_be_had_again(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "it.lock")
    for _ in range(2):
        assert lock.take()
        assert lock.is_held
        lock.release()
