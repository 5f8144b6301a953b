"""The agent is found where it lies, and what a killed run left behind is cleared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speakdesk.domain.errors import GatewayError
from speakdesk.gateway.ngrok_files import clear_leftovers, find_agent, write_config
from speakdesk.gateway.tunnel_config import TunnelConfig

linux_only = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


# Above the highest number that Linux gives to a process.
NO_PROCESS = 1 << 23


def sleeper(config: Path) -> subprocess.Popen[bytes]:
    """A process as an agent that was left, as its command line has it."""
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()", "start", "--config", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    # Its command line can be read once it runs.
    assert process.stdout is not None
    process.stdout.readline()
    return process


@linux_only
def test_an_agent_that_outlived_its_owner_is_ended_with_its_file(tmp_path: Path) -> None:
    left = tmp_path / f"ngrok-{NO_PROCESS}-00ff.yml"
    left.write_text("authtoken: secret")
    with sleeper(left) as process:
        clear_leftovers(tmp_path)
        assert process.wait(20) != 0
    assert not left.exists()


@linux_only
def test_what_belongs_to_a_living_owner_or_to_others_is_left_alone(tmp_path: Path) -> None:
    ours = tmp_path / f"ngrok-{os.getpid()}-00ff.yml"
    other = tmp_path / "ngrok.yml"
    gone = tmp_path / f"ngrok-{NO_PROCESS}-00ff.yml"
    for path in (ours, other, gone):
        path.write_text("")
    with sleeper(ours) as one, sleeper(other) as two:
        clear_leftovers(tmp_path)
        assert one.poll() is None
        assert two.poll() is None
        for process in (one, two):
            process.communicate(b"\n")
        assert (one.returncode, two.returncode) == (0, 0)
    assert (ours.exists(), other.exists(), gone.exists()) == (True, True, False)


def test_nothing_to_clear_is_no_trouble(tmp_path: Path) -> None:
    clear_leftovers(tmp_path / "none")


def test_the_agent_is_found_by_variable_and_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ngrok"
    program.write_text("")
    program.chmod(0o700)
    monkeypatch.delenv("PYNGROK_NGROK_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_agent(TunnelConfig(tmp_path)) == program
    monkeypatch.setenv("PYNGROK_NGROK_PATH", str(tmp_path / "other"))
    with pytest.raises(GatewayError, match="other"):
        find_agent(TunnelConfig(tmp_path))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(GatewayError, match="cannot be written"):
        write_config(TunnelConfig(blocked / "inside", authtoken="token"), "3")


def test_a_token_with_odd_characters_stays_one_value(tmp_path: Path) -> None:
    path = write_config(TunnelConfig(tmp_path, authtoken='a"b: c\n'), "3")
    assert '  authtoken: "a\\"b: c"\n' in path.read_text()
