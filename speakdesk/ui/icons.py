"""Our own SVG icons, drawn in any colour of the theme and sharp on any screen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap


@lru_cache(maxsize=256)
def pixmap(folder: Path, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon `name` in one colour (`#RRGGBB`), `size` device-independent pixels square."""
    from PySide6.QtSvg import QSvgRenderer

    svg = (folder / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(folder: Path, name: str, colour: str, size: int = 16) -> QIcon:
    """The icon `name` for a button, at one and two times the resolution."""
    result = QIcon()
    for ratio in (1.0, 2.0):
        result.addPixmap(pixmap(folder, name, colour, size, ratio))
    return result
