"""Unit tests run as on a machine without Qt, where `tests.run` says so."""

from __future__ import annotations

import os
import sys

if os.environ.get("SPEAKDESK_TESTS_WITHOUT_QT"):
    for name in ("PySide6", "shiboken6", "qasync"):
        sys.modules[name] = None  # type: ignore[assignment]
