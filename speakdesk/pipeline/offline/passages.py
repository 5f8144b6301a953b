"""Markdown as something to say: passages with their headings, and sentences without marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from speakdesk.domain.persona import Knowledge

LONGEST_PASSAGE_LETTERS = 700

_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(.*)$")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$")
_TABLE_LINE = re.compile(r"^\s*\|?\s*:?-{2,}")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_URL = re.compile(
    r"<?\b(?:https?://)?(?:www\.)?(?<=[/.])([\w.-]+\.\w{2,})(?::\d+)?(?:[/?#][^\s<>)\]]*)?>?"
)
_TAG = re.compile(r"</?[A-Za-z][^>]*>|<!--.*?-->", re.DOTALL)
_MARKS = re.compile(r"(\*{1,3}|_{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1")
_CHECKBOX = re.compile(r"^\[[ xX]\]\s*")
_PICTOGRAPH = re.compile("[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|St|Nr|No|vs|etc|ca|bzw|usw|Sr|Sra|M|Mme|z\.\s?B|e\.g|i\.e|p\.\s?ej)\.)$"
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”»)]*\s+(?=[\"“«(¿¡]?[A-ZÀ-ÝĀ-Ž0-9])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of one place in the notes; `path`: the headings above, outermost first."""

    file: str
    path: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def topic(self) -> str:
        """The nearest heading, or the file's name in words."""
        return self.path[-1] if self.path else _file_title(self.file)

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.sentences)


def passages(file: Knowledge) -> list[Passage]:
    """The file's passages in reading order; code blocks, rules and images are left out."""
    found: list[Passage] = []
    path: list[tuple[int, str]] = []
    block: list[str] = []
    header: list[str] = []
    in_code = False

    def close() -> None:
        sentences = [s for line in block for s in spoken_sentences(line)]
        block.clear()
        while sentences:
            size, count = 0, 0
            while count < len(sentences) and (
                not count or size + len(sentences[count]) <= LONGEST_PASSAGE_LETTERS
            ):
                size += len(sentences[count])
                count += 1
            titles = tuple(title for _, title in path)
            found.append(Passage(file.name, titles, tuple(sentences[:count])))
            del sentences[:count]

    for raw in _without_front_matter(file.text).splitlines():
        line = _QUOTE.sub("", raw)
        if _FENCE.match(line):
            in_code = not in_code
            continue
        if in_code:
            continue
        if heading := _HEADING.match(line):
            close()
            header = []
            level, title = len(heading[1]), plain(heading[2])
            while path and path[-1][0] >= level:
                path.pop()
            if title:
                path.append((level, title))
        elif not line.strip() or _RULE.match(line):
            # A list belongs to the line that announces it.
            if not (block and block[-1].rstrip().endswith(":")):
                close()
            header = []
        elif "|" in line and line.strip().startswith("|"):
            cells = [plain(cell) for cell in line.strip().strip("|").split("|")]
            if _TABLE_LINE.match(line):
                continue
            if not header:
                header = cells
            else:
                block.append(_row(header, cells))
        elif item := _ITEM.match(line):
            block.append(_CHECKBOX.sub("", item[1]))
        elif block and not block[-1].rstrip().endswith(":"):
            block[-1] = f"{block[-1]} {line.strip()}"
        else:
            block.append(line.strip())
    close()
    return found


def plain(text: str) -> str:
    """One line of Markdown as words to say: links by their text, addresses by their host."""
    text = _TAG.sub(" ", text)
    text = _IMAGE.sub(" ", text)
    text = _LINK.sub(r"\1", text)
    text = _URL.sub(r"\1", text)
    for _ in range(3):
        text = _MARKS.sub(r"\2", text)
    text = _PICTOGRAPH.sub(" ", text).replace("\\", "").replace("|", ", ")
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip(" \t,")


def spoken_sentences(text: str) -> list[str]:
    """`text` as whole sentences, each beginning with a capital and ending with a mark."""
    text = plain(text)
    if not re.search(r"\w", text):
        return []
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and _ABBREVIATION.search(parts[-1]):
            parts[-1] = f"{parts[-1]} {part}"
        else:
            parts.append(part)
    return [_finished(part) for part in parts if re.search(r"\w", part)]


def topics(found: list[Passage], most: int = 4) -> list[str]:
    """What the notes are about, a few headings: one a file where there are several files."""
    by_file: dict[str, list[Passage]] = {}
    for passage in found:
        by_file.setdefault(passage.file, []).append(passage)
    names: list[str] = []
    if len(by_file) > 1:
        for file, members in by_file.items():
            names.append(members[0].path[0] if members[0].path else _file_title(file))
    else:
        names = [passage.topic for passage in found]
    unique = dict.fromkeys(re.sub(r"^[\d.)\s]+", "", name) for name in names)
    return [name for name in unique if name][:most]


def _row(header: list[str], cells: list[str]) -> str:
    first, *rest = cells or [""]
    if header[:1] and first[:1].isdigit():
        first = f"{header[0]} {first}"
    named = [
        f"{title} {cell}".strip() for title, cell in zip(header[1:], rest, strict=False) if cell
    ]
    return f"{first}: {', '.join(named)}." if named else f"{first}."


def _finished(sentence: str) -> str:
    sentence = sentence.strip()
    if sentence.endswith(":"):
        return sentence[:1].upper() + sentence[1:]
    sentence = sentence.rstrip(",;")
    if sentence[-1] not in ".!?…":
        sentence += "."
    return sentence[:1].upper() + sentence[1:]


def _without_front_matter(text: str) -> str:
    if text.startswith("---\n") and (end := text.find("\n---", 4)) > 0:
        return text[end + 4 :]
    return text


def _file_title(name: str) -> str:
    return re.sub(r"[-_]+", " ", name.rpartition("/")[2].removesuffix(".md")).strip()
