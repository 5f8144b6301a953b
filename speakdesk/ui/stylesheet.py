"""The one style sheet of the window: `resources/window.qss` with the theme's colours filled in."""

from __future__ import annotations

from pathlib import Path
from string import Template

from speakdesk.ui.tokens import Theme


def _mixed(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0..1) of `other` in it."""
    pairs = zip(
        (int(colour[i : i + 2], 16) for i in (1, 3, 5)),
        (int(other[i : i + 2], 16) for i in (1, 3, 5)),
        strict=True,
    )
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02X}" for a, b in pairs)


def style_sheet(theme: Theme, resources: Path, base_px: int) -> str:
    """The sheet for one theme. `base_px` is the size of running text in pixels."""
    values = {name: getattr(theme, name) for name in theme.__dataclass_fields__}
    sheet = (resources / "window.qss").read_text(encoding="utf-8")
    return Template(sheet).substitute(
        values,
        accent_hover=_mixed(theme.accent, theme.text, 0.12),
        accent_pressed=_mixed(theme.accent, theme.text, 0.24),
        small=base_px - 1,
        title=base_px + 2,
        large=base_px + 7,
        icons=(resources / "icons").as_posix(),
    )
