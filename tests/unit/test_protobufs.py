"""The generated code is what protoc makes of the format's description today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "protobufs"


def test_the_generated_code_is_current(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            f"-I{FOLDER}",
            f"--python_out={tmp_path}",
            f"--pyi_out={tmp_path}",
            "speakdesk.proto",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for made in ("speakdesk_pb2.py", "speakdesk_pb2.pyi"):
        assert (FOLDER / made).read_text() == (tmp_path / made).read_text(), (
            f"{made} is not current: run "
            "python -m grpc_tools.protoc -Iprotobufs --python_out=protobufs "
            "--pyi_out=protobufs speakdesk.proto"
        )


def test_there_is_one_description_and_it_is_ours() -> None:
    assert [p.name for p in FOLDER.glob("*.proto")] == ["speakdesk.proto"]
    assert "package speakdesk.v1;" in (FOLDER / "speakdesk.proto").read_text()
