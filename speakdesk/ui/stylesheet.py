"""The one style sheet of the window; colours come from the theme, sizes from the base font size."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speakdesk.ui.theme import Theme

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $line_strong; padding: 6px 8px; }
QWidget#page, QWidget#transparent { background: transparent; }
QFrame[card="true"] { background: $surface; border: 1px solid $line; border-radius: 12px; }
QFrame#header { background: $surface; border: none; border-bottom: 1px solid $line; }
QFrame#sidebar { background: $surface; border: none; border-right: 1px solid $line; }
QFrame#rule { background: $line; border: none; max-height: 1px; min-height: 1px; }

QLabel[tone="muted"] { color: $muted; }
QLabel[tone="good"] { color: $good_text; }
QLabel[tone="attention"] { color: $attention_text; }
QLabel[tone="bad"] { color: $bad_text; }
QLabel[size="small"] { font-size: ${small}px; }
QLabel[size="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[size="large"] { font-size: ${large}px; font-weight: 600; }
QLabel[size="caption"] { font-size: ${small}px; font-weight: 600; color: $muted; letter-spacing: 0.5px; }
QLabel[strong="true"] { font-weight: 600; }

QLineEdit, QComboBox, QPlainTextEdit, QSpinBox {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 8px;
  padding: 0 10px; min-height: 34px; selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit { padding: 6px 8px; }
QLineEdit:hover, QComboBox:hover, QPlainTextEdit:hover { border-color: $muted; }
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus { border: 2px solid $accent; padding: 0 9px; }
QPlainTextEdit:focus { padding: 5px 7px; }
QLineEdit:disabled, QComboBox:disabled, QPlainTextEdit:disabled { background: $raised; color: $muted; border-color: $line; }
QLineEdit[wrong="true"] { border-color: $bad; }
QComboBox { padding-right: 26px; }
QComboBox::drop-down { border: none; width: 26px; subcontrol-origin: padding; subcontrol-position: center right; }
QComboBox::down-arrow { image: url("$icons/chevron-down-$name.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 8px; padding: 4px;
  outline: none; selection-background-color: $accent_soft; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 30px; padding: 0 8px; border-radius: 6px; }
QComboBox QAbstractItemView::item:disabled { color: $muted; }

QPushButton {
  background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 8px;
  padding: 0 14px; min-height: 32px; font-weight: 500;
}
QPushButton:hover { background: $raised; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $muted; background: transparent; border-color: $line; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; }
QPushButton:checked { background: $accent_soft; color: $accent_text; border-color: $accent; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; padding: 0 20px; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:pressed { background: $accent_pressed; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $muted; border-color: $line; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 0 19px; }
QPushButton[kind="danger"] { color: $bad_text; border-color: $bad; }
QPushButton[kind="danger"]:hover { background: $bad_ground; }
QPushButton[kind="small"] { min-height: 26px; padding: 0 11px; font-size: ${small}px; }
QPushButton[kind="small"]:focus { padding: 0 10px; }
QPushButton[kind="quiet"] {
  background: transparent; border: 1px solid transparent; color: $muted; padding: 0 8px; min-height: 24px; font-size: ${small}px;
}
QPushButton[kind="quiet"]:hover { color: $text; background: $raised; }
QPushButton[kind="quiet"]:disabled { color: $line_strong; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; padding: 0 7px; }
QPushButton[kind="quiet"]::menu-indicator, QPushButton::menu-indicator { image: none; width: 0; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 8px; padding: 3px; }
QToolButton:hover { background: $raised; }
QToolButton:focus { border: 2px solid $accent; padding: 2px; }
QToolButton:checked { background: $accent_soft; border-color: $accent; }

QCheckBox, QRadioButton { spacing: 8px; color: $text; min-height: 24px; border: 2px solid transparent; border-radius: 6px; padding: 0 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px; background: $surface; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$icons/check-$name.svg"); }
QCheckBox:disabled { color: $muted; }

QTabBar { background: transparent; border: none; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; border: none; font-weight: 500; }
QTabBar#pages::tab { padding: 0 14px; margin-right: 8px; min-height: 30px; border-radius: 8px; border: 2px solid transparent; }
QTabBar#pages::tab:hover { color: $text; background: $raised; }
QTabBar#pages::tab:selected { color: $accent_text; background: $accent_soft; }
QTabBar#pages:focus::tab:selected { border-color: $accent; }
QTabBar#panel::tab { padding: 0 4px; margin-right: 20px; min-height: 34px; border-bottom: 2px solid transparent; }
QTabBar#panel::tab:hover { color: $text; }
QTabBar#panel::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar#panel:focus::tab:selected { color: $accent_text; background: $accent_soft; border-top-left-radius: 6px; border-top-right-radius: 6px; }

QAbstractItemView { background: transparent; border: none; outline: none; color: $text; }
QTableView { gridline-color: transparent; selection-background-color: $accent_soft; selection-color: $text; }
QHeaderView::section { background: $surface; color: $muted; border: none; padding: 0 8px; font-size: ${small}px; font-weight: 600; }
QTextBrowser { background: transparent; border: none; color: $text; }
QScrollArea, QScrollArea > QWidget > QWidget#inside { background: transparent; border: none; }
QSplitter::handle { background: transparent; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; border: none; }
QScrollBar::handle:vertical { background: $line_strong; border-radius: 4px; min-height: 32px; margin: 2px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; border: none; }
QScrollBar::handle:horizontal { background: $line_strong; border-radius: 4px; min-width: 32px; margin: 2px; }
QScrollBar::handle:horizontal:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }

QMenu { background: $surface; color: $text; border: 1px solid $line_strong; border-radius: 8px; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 6px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QDialog { background: $surface; }
""")


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
    return _SHEET.substitute(
        values,
        accent_hover=_mixed(theme.accent, theme.text, 0.12),
        accent_pressed=_mixed(theme.accent, theme.text, 0.24),
        small=base_px - 1,
        title=base_px + 2,
        large=base_px + 7,
        icons=(resources / "icons").as_posix(),
    )
