"""Where things are kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from speakdesk.store.files import name_aside, write_atomically
from speakdesk.store.paths import Paths, shipped


def test_one_folder_holds_everything_where_it_is_named(tmp_path: Path) -> None:
    paths = Paths.find({"SPEAKDESK_HOME": str(tmp_path)})
    paths.create()
    for path in (paths.settings_file, paths.history_file, paths.log_file, paths.personas):
        assert path.is_relative_to(tmp_path)
        assert path.parent.is_dir()


@pytest.mark.skipif(os.name != "posix", reason="folders have no owner's bits there")
def test_nobody_else_reads_what_was_said(tmp_path: Path) -> None:
    paths = Paths.inside(tmp_path)
    paths.data.mkdir(mode=0o755)
    paths.create()
    for folder in (paths.config, paths.data, paths.cache, paths.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_systems_folders_otherwise() -> None:
    paths = Paths.find({})
    assert "speakdesk" in str(paths.config).lower()
    assert paths.config != paths.cache


def test_what_was_shipped_is_found() -> None:
    assert (shipped("personas") / "interviewer" / "README.md").is_file()


def test_a_file_is_replaced_whole_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_names_aside_never_collide(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    first = name_aside(path, "broken")
    first.touch()
    assert name_aside(path, "broken") != first
