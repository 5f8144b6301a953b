"""All the tests, in the rooms they need: `python -m tests.run [pytest arguments]`.

The unit and conformance tests run with PySide6 blocked, because everything outside `speakdesk/ui`
must work without it; the window's tests run offscreen; the end-to-end tests start real processes.
With arguments, one pytest runs with exactly these (and Qt offscreen).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARALLEL = ("-n", "2", "--dist", "loadfile")
# They talk in real time, one after the other, and a machine that is busy with something else can
# make one miss its moment: it gets a second try, and the report says so.
IN_REAL_TIME = ("--reruns", "1")
ROOMS: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    (
        "without Qt: unit and conformance",
        ("tests/unit", "tests/conformance", "-p", "no:pytest-qt", *PARALLEL),
        {"SPEAKDESK_TESTS_WITHOUT_QT": "1"},
    ),
    ("the window, offscreen", ("tests/ui", *PARALLEL), {}),
    ("the real program, end to end", ("tests/e2e", *IN_REAL_TIME), {}),
)


def main(arguments: list[str]) -> int:
    """Run the rooms; the exit status is 0 only where every one of them is green."""
    # A shell's background job ignores Ctrl+C and hands that down; the tests send it on purpose.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    for name in tuple(environment):
        if name.endswith(("_API_KEY", "_AUTHTOKEN", "_API_TOKEN")):
            del environment[name]
    if arguments:
        return _pytest(tuple(arguments), environment)
    failed = []
    for title, selection, extra in ROOMS:
        print(f"\n== {title}", flush=True)
        if _pytest(("-q", *selection), {**environment, **extra}) != 0:
            failed.append(title)
    if failed:
        print(f"\nFailed: {'; '.join(failed)}")
    return 1 if failed else 0


def _pytest(arguments: tuple[str, ...], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
