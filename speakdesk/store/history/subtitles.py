"""Lines as subtitles."""

from __future__ import annotations

from collections.abc import Sequence

from speakdesk.store.history.export_lines import ExportLine

_SHORTEST_S = 1.0
_LONGEST_GUESS_S = 8.0
_CHARACTERS_PER_S = 14.0


def subtitles(lines: Sequence[ExportLine], format_name: str) -> str:
    """The lines as `srt` or `vtt`."""
    import pysubs2

    made = pysubs2.SSAFile()
    for index, line in enumerate(lines):
        follower = lines[index + 1] if index + 1 < len(lines) else None
        until_next_s = None if follower is None else follower.start_s - line.start_s
        made.events.append(
            pysubs2.SSAEvent(
                start=round(line.start_s * 1000),
                end=round((line.start_s + _shown_s(line, until_next_s)) * 1000),
                text=_cue(line, format_name),
            )
        )
    return str(made.to_string(format_name))


def _shown_s(line: ExportLine, until_next_s: float | None) -> float:
    """How long a line is shown: as long as it took, else a guess that ends with the next line."""
    if line.seconds is not None and line.seconds > 0:
        return max(line.seconds, 0.2)
    guess = min(max(len(line.text) / _CHARACTERS_PER_S, _SHORTEST_S), _LONGEST_GUESS_S)
    if until_next_s is not None and until_next_s > 0:
        return min(guess, until_next_s)
    return guess


def _cue(line: ExportLine, format_name: str) -> str:
    # Braces and backslashes are commands to the library, an arrow ends a cue's head.
    text = " ".join(line.said.split())
    text = text.replace("{", "(").replace("}", ")").replace("\\", "/").replace("-->", "→")
    if format_name == "vtt":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text
