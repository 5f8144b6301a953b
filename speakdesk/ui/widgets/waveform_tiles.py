"""A waveform as pictures side by side, each drawn once for a zoom and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

TILE = 256
_KEPT = 240

Columns = npt.NDArray[np.float32]
Shape = Callable[[float, float, int], Columns]
"""The lowest and highest sample of columns: from a moment, seconds a column, how many columns."""


class WaveformTiles:
    """One voice. `wanted` hears of tiles that could be drawn better from decoded sound."""

    def __init__(self, wanted: Callable[[float, float, int], None] | None = None) -> None:
        self._wanted = wanted
        self._shape: Shape | None = None
        self._scale = 1.0
        self._tiles: OrderedDict[tuple[float, int, int, int, str], QPixmap] = OrderedDict()
        self._fine: OrderedDict[tuple[float, int], Columns] = OrderedDict()
        self._finest_s = 0.0

    def set_shape(self, shape: Shape | None, scale: float, finest_s: float = 0.0) -> None:
        """Draw this from now on; columns narrower than `finest_s` are asked for."""
        self._shape, self._scale, self._finest_s = shape, scale, finest_s
        self._fine.clear()
        self._tiles.clear()

    def refine(self, since_s: float, step_s: float, columns: Columns) -> None:
        """Here is what was `wanted`."""
        number = round(since_s / (step_s * TILE))
        self._fine[step_s, number] = columns
        while len(self._fine) > _KEPT:
            self._fine.popitem(last=False)
        for key in [k for k in self._tiles if k[:2] == (step_s, number)]:
            del self._tiles[key]

    def paint(
        self,
        painter: QPainter,
        left_s: float,
        step_s: float,
        area: tuple[float, float, float, int],
        colour: QColor,
    ) -> None:
        """Paint into `area`: its first and last x, its top and its height; `left_s` is at x 0."""
        first_x, last_x, top, height = area
        if self._shape is None or height < 4:
            return
        ratio = painter.device().devicePixelRatioF()
        sharpness = 1 if ratio < 1.25 else 2
        tile_s = TILE * step_s
        number = max(0, int((left_s + first_x * step_s) / tile_s))
        while (x := (number * tile_s - left_s) / step_s) < last_x:
            tile = self._tile(number, step_s, height, sharpness, colour)
            painter.drawPixmap(QPointF(round(x * ratio) / ratio, top), tile)
            number += 1

    def _tile(
        self, number: int, step_s: float, height: int, sharpness: int, colour: QColor
    ) -> QPixmap:
        key = (step_s, number, height, sharpness, colour.name(QColor.NameFormat.HexArgb))
        known = self._tiles.get(key)
        if known is not None:
            self._tiles.move_to_end(key)
            return known
        columns = self._columns(number, step_s)
        tile = _draw(columns * self._scale, height, sharpness, colour)
        self._tiles[key] = tile
        while len(self._tiles) > _KEPT:
            self._tiles.popitem(last=False)
        return tile

    def _columns(self, number: int, step_s: float) -> Columns:
        fine = self._fine.get((step_s, number))
        if fine is not None:
            return fine
        assert self._shape is not None
        since_s = number * TILE * step_s
        if step_s < self._finest_s and self._wanted is not None:
            self._wanted(since_s, step_s, TILE)
        return self._shape(since_s, step_s, TILE)


def _draw(columns: Columns, height: int, sharpness: int, colour: QColor) -> QPixmap:
    rows = height * sharpness
    middle = rows / 2
    is_there = (columns[:, 0] != 0) | (columns[:, 1] != 0)
    low = np.clip(middle - columns[:, 0] * middle, middle, rows)
    high = np.clip(middle - columns[:, 1] * middle, 0, middle)
    low = np.where(is_there, np.maximum(low, middle + 0.5), middle)
    high = np.where(is_there, np.minimum(high, middle - 0.5), middle)
    low, high = np.repeat(low, sharpness), np.repeat(high, sharpness)
    y = np.arange(rows, dtype=np.float32)[:, None]
    # How much of each pixel the wave covers: soft edges without drawing a single line.
    cover = np.clip(low[None, :] - y, 0, 1) * np.clip(y + 1 - high[None, :], 0, 1)
    alpha = cover * colour.alphaF()
    pixels = np.empty((rows, low.shape[0], 4), np.uint8)
    for place, part in enumerate((colour.blue(), colour.green(), colour.red())):
        pixels[:, :, place] = (alpha * part).astype(np.uint8)
    pixels[:, :, 3] = (alpha * 255).astype(np.uint8)
    width = low.shape[0]
    image = QImage(
        pixels.tobytes(), width, rows, width * 4, QImage.Format.Format_ARGB32_Premultiplied
    )
    picture = QPixmap.fromImage(image)
    picture.setDevicePixelRatio(sharpness)
    return picture
