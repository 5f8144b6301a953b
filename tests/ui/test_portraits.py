"""Pictures of personas in lists: read off the loop, kept, read anew when they change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

from speakdesk.domain.persona import Persona
from speakdesk.ui.portraits import MOST_KEPT, Portraits, read_image, round_image
from speakdesk.ui.tasks import Tasks
from tests.ui.conftest import Run, until

FACES = Path(__file__).resolve().parents[1] / "fixtures" / "pictures"


@pytest.fixture
def portraits(tasks: Tasks, run: Run) -> Iterator[Portraits]:
    made = Portraits()
    made.use(tasks)
    yield made
    made.use(None)
    run(tasks.aclose())
    made.deleteLater()


@pytest.mark.parametrize("name", ["face.png", "face.jpg", "face.webp"])
def test_each_kind_is_read_and_made_round(name: str) -> None:
    image = read_image((FACES / name).read_bytes())
    assert image is not None
    disc = round_image(image, 40)
    assert (disc.width(), disc.height()) == (40, 40)
    assert QColor.fromRgba(disc.pixel(0, 0)).alpha() == 0
    assert QColor.fromRgba(disc.pixel(20, 20)).alpha() == 255


def test_what_is_no_picture_is_none(tmp_path: Path) -> None:
    assert read_image(b"") is None
    assert read_image(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None
    assert read_image((FACES / "face.png").read_bytes()[:60]) is None


def test_a_picture_comes_later_and_a_broken_one_never(
    portraits: Portraits, run: Run, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    shutil.copy(FACES / "face.png", good)
    bad.write_bytes(b"no picture")
    came: list[str] = []
    portraits.arrived.connect(came.extend)
    portraits.set_personas(
        [Persona("ada", "Ada", picture=good), Persona("bea", "Bea", picture=bad), Persona("c", "C")]
    )
    came.clear()
    assert portraits.get("ada", 36) is None
    assert portraits.get("bea", 36) is None
    assert portraits.get("c", 36) is None
    run(until(lambda: {"ada", "bea"} <= set(came)))
    found = portraits.get("ada", 36)
    assert found is not None
    assert found.width() == 36
    assert portraits.get("bea", 36) is None


def test_a_changed_picture_is_read_anew_and_shown_as_it_was_until_then(
    portraits: Portraits, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "face.png"
    shutil.copy(FACES / "face.png", path)
    portraits.set_personas([Persona("ada", "Ada", picture=path)])
    portraits.get("ada", 36)
    run(until(lambda: portraits.get("ada", 36) is not None))
    before = portraits.get("ada", 36)
    shutil.copy(FACES / "face.webp", path)
    portraits.refresh(["ada"])
    assert portraits.get("ada", 36) is before
    run(until(lambda: portraits.get("ada", 36) is not before))
    portraits.set_personas([])
    assert portraits.get("ada", 36) is None


def test_no_more_are_kept_than_fit(portraits: Portraits, run: Run) -> None:
    face = FACES / "face.png"
    many = [Persona(f"p{n}", "P", picture=face) for n in range(MOST_KEPT + 60)]
    portraits.set_personas(many)

    async def script() -> None:
        for start in range(0, len(many), 40):
            for persona in many[start : start + 40]:
                portraits.get(persona.key, 8)
            await until(lambda s=start: portraits.get(many[s].key, 8) is not None)  # type: ignore[misc]
        await until(lambda: not portraits._wanted)

    run(script())
    assert len(portraits._kept) <= MOST_KEPT
