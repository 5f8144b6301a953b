"""Who has a port is told where the computer knows it, and never guessed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from speakdesk.gateway.port_owner import owner_of_port


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_program_that_listens_is_named(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        try:
            taken.bind((host, 0))
        except OSError:
            pytest.skip("no IPv6 here")
        taken.listen()
        owner = owner_of_port(taken.getsockname()[1])
    assert owner is not None
    assert owner.pid == os.getpid()
    assert str(owner) == f"{owner.name} (process {os.getpid()})"


def test_a_bound_port_on_which_no_one_listens_has_no_owner() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert owner_of_port(bound.getsockname()[1]) is None


def test_without_proc_nothing_is_known(tmp_path: Path) -> None:
    assert owner_of_port(8765, tmp_path / "none") is None
