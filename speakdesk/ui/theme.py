"""How the window looks: frozen colour tokens, one palette, one small style sheet, type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from speakdesk.ui.portraits import Portraits
from speakdesk.ui.stylesheet import style_sheet
from speakdesk.ui.tokens import DARK, LIGHT, Theme

STEP = 8
RADIUS = 12
CHOICES = ("system", "light", "dark")


AVATAR_COLOURS = (
    "#2F6FED",
    "#C2410C",
    "#0F766E",
    "#7C5CF0",
    "#B83280",
    "#4A5568",
    "#1D7A46",
    "#9A5B0B",
)


class Look(QObject):
    """The appearance in use. `choose` switches it; with "system" it follows the desktop, live.

    `portraits` holds the personas' pictures.
    """

    changed = Signal()

    def __init__(self, app: QApplication, resources: Path, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._resources = resources
        self._choice = choice if choice in CHOICES else "system"
        system = QFontInfo(app.font())
        inter = QFontInfo(QFont("Inter"))
        self._family = "Inter" if inter.family() == "Inter" else system.family()
        self._base_px = min(20, max(13, system.pixelSize()))
        self._avatars: dict[str, str] = {}
        self.portraits = Portraits(self)
        self._is_undressed = False
        self._frozen: list[QWidget] = []
        self.theme = LIGHT
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)
        app.setStyle("Fusion")
        app.setFont(self.font())
        self._apply()

    @property
    def choice(self) -> str:
        """What was chosen: system, light or dark."""
        return self._choice

    @property
    def resources(self) -> Path:
        """The folder with the icons."""
        return self._resources

    def choose(self, choice: str) -> None:
        """Switch to light, dark or system now; anything else counts as system."""
        choice = choice if choice in CHOICES else "system"
        if choice != self._choice:
            self._choice = choice
            self._apply()

    def font(self, delta_px: int = 0, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The window's font, `delta_px` larger or smaller than the base size."""
        font = QFont(self._family)
        font.setPixelSize(max(10, self._base_px + delta_px))
        font.setWeight(weight)
        return font

    def figures(self, delta_px: int = 0, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The same font with figures of equal width, for clocks and columns of numbers."""
        font = self.font(delta_px, weight)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def assign_avatars(self, names: Iterable[str]) -> None:
        """Give these names, the personas', colours that differ as long as there are enough."""
        for place, name in enumerate(dict.fromkeys(names)):
            self._avatars[name] = AVATAR_COLOURS[place % len(AVATAR_COLOURS)]

    def avatar_colour(self, name: str) -> QColor:
        """The colour of a name's disc: the same all the time; white type is readable on each."""
        plain = name.rstrip("0123456789").rstrip() or name
        known = self._avatars.get(name) or self._avatars.get(plain)
        if known is None:
            place = crc32(name.encode("utf-8", "replace")) % len(AVATAR_COLOURS)
            known = AVATAR_COLOURS[place]
        return QColor(known)

    def color(self, token: str) -> QColor:
        """A token of the theme as a colour."""
        return QColor(getattr(self.theme, token))

    def _on_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        dark = self._choice == "dark"
        if self._choice == "system":
            scheme = QGuiApplication.styleHints().colorScheme()
            dark = scheme == Qt.ColorScheme.Dark
        theme = DARK if dark else LIGHT
        is_first = not self._app.styleSheet() and not self._is_undressed
        if theme is self.theme and not is_first:
            return
        self.theme = theme
        if is_first:
            self._app.setPalette(palette_of(theme))
            self._app.setStyleSheet(style_sheet(theme, self._resources, self._base_px))
        elif not self._is_undressed:
            self._undress()

    def _undress(self) -> None:
        """Take the old style sheet off and put the new one on a moment later.

        From one sheet to another Qt takes five times as long as from none to one, and bots are
        heard between the two steps; nothing is painted in between.
        """
        self._is_undressed = True
        self._frozen = [w for w in self._app.topLevelWidgets() if w.isVisible()]
        for window in self._frozen:
            window.setUpdatesEnabled(False)
        self._app.setStyleSheet("")
        QTimer.singleShot(0, self, self._dress)

    def _dress(self) -> None:
        self._app.setPalette(palette_of(self.theme))
        self._app.setStyleSheet(style_sheet(self.theme, self._resources, self._base_px))
        self._is_undressed = False
        frozen, self._frozen = self._frozen, []
        for window in frozen:
            if isValid(window):
                window.setUpdatesEnabled(True)
        self.changed.emit()


def palette_of(theme: Theme) -> QPalette:
    """The Qt palette of a theme, so that whatever has no style of its own fits in."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.background,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.surface,
        QPalette.ColorRole.AlternateBase: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Button: theme.surface,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.bad,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent_text,
        QPalette.ColorRole.Light: theme.surface,
        QPalette.ColorRole.Midlight: theme.line,
        QPalette.ColorRole.Mid: theme.line_strong,
        QPalette.ColorRole.Dark: theme.line_strong,
        QPalette.ColorRole.Accent: theme.accent,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    for role in (
        QPalette.ColorRole.Text,
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return palette
