"""Rules of the loop and of the look that the source itself must keep (design §8, §10)."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from speakdesk.ui.tokens import DARK, LIGHT, Theme

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "speakdesk" / "ui").rglob("*.py"))
STATIC_DIALOGS = {
    "QMessageBox": {"about", "aboutQt", "critical", "information", "question", "warning"},
    "QFileDialog": {
        "getExistingDirectory",
        "getExistingDirectoryUrl",
        "getOpenFileName",
        "getOpenFileNames",
        "getOpenFileUrl",
        "getSaveFileName",
        "getSaveFileUrl",
    },
    "QInputDialog": {"getText", "getItem", "getInt", "getDouble", "getMultiLineText"},
    "QColorDialog": {"getColor"},
    "QFontDialog": {"getFont"},
}


def calls_in(path: Path) -> list[tuple[str, str, str]]:
    """Every call of a method: the object's name, the method, the function it stands in."""
    found = []

    def visit(node: ast.AST, function: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else ""
            found.append((name, node.func.attr, function))
        for child in ast.iter_child_nodes(node):
            visit(child, function)

    visit(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


def test_nothing_spins_a_nested_loop() -> None:
    bad = []
    for path in SOURCES:
        for owner, method, function in calls_in(path):
            if method in ("exec", "exec_", "processEvents"):
                bad.append((path.name, function, method))
            if method in STATIC_DIALOGS.get(owner, ()):
                bad.append((path.name, function, f"{owner}.{method}"))
    # The first painting happens before any asyncio loop exists; nothing can be inside it.
    assert bad == [("main.py", "paint", "exec")]


def test_coroutines_start_in_one_place_only() -> None:
    bad = [
        (path.name, method)
        for path in SOURCES
        for _owner, method, _function in calls_in(path)
        if method in ("create_task", "ensure_future", "asyncSlot", "asyncClose", "asyncWrap")
    ]
    # The loop itself has to make a task of what it is told to run.
    assert set(bad) == {("loop.py", "ensure_future")}


def test_data_is_shown_through_models() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for widget in ("QListWidget", "QTableWidget", "QTreeWidget"):
            assert widget not in text, path


def test_the_first_painting_needs_neither_asyncio_nor_the_core() -> None:
    script = (
        "import sys, json; import speakdesk.ui.main;"
        "heavy = ('asyncio', 'qasync', 'loguru', 'numpy', 'pipecat', 'fastapi', 'pydantic',"
        " 'platformdirs', 'PySide6.QtMultimedia', 'PySide6.QtSvg', 'pyqtgraph');"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(out.stdout) == (["platformdirs"] if sys.platform != "linux" else [])


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_small_type_can_be_read(theme: Theme) -> None:
    for text in ("text", "muted", "good_text", "attention_text", "bad_text", "accent_text"):
        for ground in ("surface", "background"):
            pair = getattr(theme, text), getattr(theme, ground)
            assert contrast(*pair) >= 4.5, (text, ground)
    assert contrast(theme.text, theme.attention_ground) >= 7
    assert contrast(theme.text, theme.bad_ground) >= 7
    assert contrast(theme.on_accent, theme.accent) >= 4.5
