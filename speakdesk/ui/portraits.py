"""The personas' pictures, small and round: read and scaled off the loop, and kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPixmap

from speakdesk.domain.persona import Persona
from speakdesk.domain.picture import JPEG, PNG, WEBP, kind_of

if TYPE_CHECKING:
    from speakdesk.ui.tasks import Tasks

MOST_KEPT = 500
MOST_WANTED = 120
_AT_ONCE = 8
_LARGEST_BYTES = 20_000_000
_LARGEST_PIXELS = 40_000_000
_FORMATS = {PNG: b"png", JPEG: b"jpeg", WEBP: b"webp"}

_Wanted = tuple[str, int]


class Portraits(QObject):
    """Hands out what is there and reads what is asked for; `arrived` names the keys that came.

    Nothing is read before `use` has given it the window's tasks.
    """

    arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: Tasks | None = None
        self._paths: dict[str, Path] = {}
        self._kept: OrderedDict[_Wanted, QPixmap | None] = OrderedDict()
        self._stale: set[_Wanted] = set()
        self._wanted: OrderedDict[_Wanted, None] = OrderedDict()

    def use(self, tasks: Tasks | None) -> None:
        """Read pictures with these tasks from now on; None stops reading."""
        self._tasks = tasks
        self._wanted.clear()

    def set_personas(self, personas: Iterable[Persona]) -> None:
        """Take the pictures of this library."""
        paths = {p.key: p.picture for p in personas if p.picture is not None}
        differing = {
            k for k in self._paths.keys() | paths.keys() if self._paths.get(k) != paths.get(k)
        }
        self._paths = paths
        for wanted in [one for one in self._kept if one[0] in differing]:
            if wanted[0] in paths:
                self._stale.add(wanted)
            else:
                del self._kept[wanted]
        if differing:
            self.arrived.emit(frozenset(differing))

    def refresh(self, keys: Iterable[str] = ()) -> None:
        """Read these pictures (all, without keys) again when they are next asked for.

        What is there is shown until then.
        """
        named = set(keys)
        self._stale.update(one for one in self._kept if not named or one[0] in named)
        self.arrived.emit(frozenset(named or self._paths))

    def get(self, key: str, side_px: int) -> QPixmap | None:
        """The persona's picture as a disc of that many device pixels, if it is there by now."""
        if key not in self._paths:
            return None
        wanted = (key, side_px)
        if wanted not in self._kept or wanted in self._stale:
            self._want(wanted)
        if wanted in self._kept:
            self._kept.move_to_end(wanted)
        return self._kept.get(wanted)

    def _want(self, wanted: _Wanted) -> None:
        if self._tasks is None:
            return
        self._wanted[wanted] = None
        self._wanted.move_to_end(wanted)
        # What was scrolled past is asked for again should it come back.
        while len(self._wanted) > MOST_WANTED:
            self._wanted.popitem(last=False)
        if not self._tasks.is_running("read pictures"):
            self._tasks.start(self._read(), "read pictures")

    async def _read(self) -> None:
        while self._wanted:
            batch: list[tuple[_Wanted, Path]] = []
            while self._wanted and len(batch) < _AT_ONCE:
                wanted, _ = self._wanted.popitem()
                path = self._paths.get(wanted[0])
                if path is not None:
                    batch.append((wanted, path))
            images = await asyncio.to_thread(_read_all, [(p, w[1]) for w, p in batch])
            for (wanted, _path), image in zip(batch, images, strict=True):
                self._stale.discard(wanted)
                self._kept[wanted] = None if image is None else QPixmap.fromImage(image)
                self._kept.move_to_end(wanted)
            while len(self._kept) > MOST_KEPT:
                gone, _ = self._kept.popitem(last=False)
                self._stale.discard(gone)
            self.arrived.emit(frozenset(wanted[0] for wanted, _ in batch))


def _read_all(wanted: list[tuple[Path, int]]) -> list[QImage | None]:
    return [_read_one(path, side) for path, side in wanted]


def _read_one(path: Path, side: int) -> QImage | None:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None
        image = read_image(path.read_bytes(), side)
    except OSError:
        return None
    return None if image is None else round_image(image, side)


def read_image(data: bytes, least_side: int = 0) -> QImage | None:
    """A PNG, JPEG or WebP as an image, or None for what is none. Blocking.

    With `least_side` it may be smaller than it is, but no side below that.
    """
    form = _FORMATS.get(kind_of(data))
    if form is None:
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(form))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _LARGEST_PIXELS:
        return None
    if least_side and min(size.width(), size.height()) > least_side:
        fitting = QSize(least_side, least_side)
        reader.setScaledSize(size.scaled(fitting, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    return None if image.isNull() else image


def round_image(image: QImage, side: int) -> QImage:
    """The middle of an image (its upper part where it is upright) as a disc."""
    square = min(image.width(), image.height())
    left, top = (image.width() - square) // 2, (image.height() - square) // 4
    part = image.copy(QRect(left, top, square, square)).scaled(
        side,
        side,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    disc = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    disc.fill(Qt.GlobalColor.transparent)
    painter = QPainter(disc)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QBrush(part))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QRectF(0, 0, side, side))
    painter.end()
    return disc
