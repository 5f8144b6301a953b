"""The layers of design §2, held by reading every import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "speakdesk"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "domain": set(),
    "providers": {"domain"},
    "store": {"domain"},
    "gateway": {"domain", "providers"},
    "pipeline": {"domain", "providers"},
    "app": {"domain", "providers", "store", "gateway", "pipeline", "logs"},
    "server": {"app", "domain"},
    "cli": {"app", "domain"},
    "ui": {"app", "domain"},
    "logs": {"domain", "store"},
    "__main__": {"cli", "ui", "app", "domain"},
    "__init__": set(),
}
ONLY_IN = {
    "PySide6": "ui",
    "qasync": "ui",
    "pyqtgraph": "ui",
    "pipecat": "pipeline",
}

# The modules of the pipeline that may be imported early: they import no Pipecat.
PLAIN_PIPELINE = ("contract", "catalogue", "replay.script")


def layer_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Each imported module: its dotted name, the line, and whether it is imported at the top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            assert node.module is not None
            yield node.module, node.lineno, id(node) in top
            if node.module == "speakdesk":
                for alias in node.names:
                    yield f"speakdesk.{alias.name}", node.lineno, id(node) in top


def test_every_module_stays_in_its_layer() -> None:
    wrong = []
    for path in MODULES:
        layer = layer_of(path)
        for name, line, _ in imports_of(path):
            where = f"{path.relative_to(ROOT)}:{line}"
            parts = name.split(".")
            if parts[0] == "speakdesk" and len(parts) > 1:
                other = parts[1]
                if other not in ("__version__", layer) and other not in MAY_IMPORT[layer]:
                    wrong.append(f"{where}: {layer} imports {name}")
            elif layer == "domain" and parts[0] not in sys.stdlib_module_names:
                wrong.append(f"{where}: domain imports {name}")
            elif ONLY_IN.get(parts[0], layer) != layer:
                wrong.append(f"{where}: only {ONLY_IN[parts[0]]} may import {parts[0]}")
    assert not wrong, "\n".join(wrong)


def test_the_application_imports_pipecat_only_when_a_voice_is_needed() -> None:
    early = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in MODULES
        if layer_of(path) in ("app", "cli", "ui")
        for name, line, is_top in imports_of(path)
        if is_top
        and name.startswith("speakdesk.pipeline.")
        and name.removeprefix("speakdesk.pipeline.") not in PLAIN_PIPELINE
    ]
    assert not early, "\n".join(early)


@pytest.mark.parametrize("blocked", ["PySide6", "pipecat"])
def test_everything_else_imports_without_it(blocked: str) -> None:
    keep_out = {"PySide6": ("ui",), "pipecat": ("ui", "pipeline")}[blocked]
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if layer_of(path) not in (*keep_out, "__main__")
    ]
    if blocked == "pipecat":
        names += [f"speakdesk.pipeline.{name}" for name in PLAIN_PIPELINE]
    script = (
        "import sys, importlib\n"
        f"sys.modules[{blocked!r}] = None\n"
        f"for name in {names!r}:\n    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
