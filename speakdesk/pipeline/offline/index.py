"""Full-text search over passages that forgives what a recogniser mishears.

SQLite's FTS5 ranks (BM25, headings count more). Each word of a question is first matched to a word
of the notes: the same, of the same stem, nearly the same in letters, or alike in sound.
"""

from __future__ import annotations

import math
import re
import sqlite3
import threading
import unicodedata
import weakref
from collections import defaultdict
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from speakdesk.pipeline.offline.passages import Passage

_WORD = re.compile(r"[^\W_]+")
_HEADING_WEIGHT = 4.0
_NEARLY = 82.0
_SAME_STEM, _NEAR, _SOUND = 0.9, 0.7, 0.5
_SUFFIXES = str.split(
    "ations ation ements ement ments ment nesses ness ingly edly ings ing ies ied ers ern er est "
    "ed es en em e s n ungen ung heiten heit keit lich isch issement euses euse eurs eur ant ent "
    "iones ción cion zione zioni mente are ere ire ar ir i o a"
)
_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("bfpv", "1"),
        **dict.fromkeys("cgjkqsxz", "2"),
        **dict.fromkeys("dt", "3"),
        "l": "4",
        **dict.fromkeys("mn", "5"),
        "r": "6",
        **dict.fromkeys("aeiouyhw", "0"),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and how surely it is meant: `confidence` 0..1, `words` of the notes it matched."""

    passage: Passage
    index: int
    confidence: float
    words: frozenset[str]


def words_of(text: str) -> list[str]:
    """Words in lower case without accents, in order."""
    lowered = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return _WORD.findall("".join(c for c in lowered if not unicodedata.combining(c)))


class PassageIndex:
    """Passages to be asked. Any thread may ask."""

    def __init__(self, passages: list[Passage], stop_words: frozenset[str]) -> None:
        self.passages = passages
        self._stop_words = frozenset(word for text in stop_words for word in words_of(text))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        # A bot that is given up while it is made has nobody to close this.
        self._ending = weakref.finalize(self, self._database.close)
        self._database.execute(
            "CREATE VIRTUAL TABLE notes USING fts5(heading, body, tokenize='unicode61')"
        )
        self._holders: dict[str, set[int]] = defaultdict(set)
        for number, passage in enumerate(passages):
            heading = words_of(f"{' '.join(passage.path)} {passage.file.removesuffix('.md')}")
            body = words_of(passage.text)
            self._database.execute(
                "INSERT INTO notes(rowid, heading, body) VALUES (?, ?, ?)",
                (number + 1, " ".join(heading), " ".join(body)),
            )
            for word in {*heading, *body}:
                self._holders[word].add(number)
        self._vocabulary = [w for w in self._holders if w not in self._stop_words]
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for word in self._vocabulary:
            self._by_stem[_stem(word)].append(word)
            if len(word) > 3:
                self._by_sound[_sound(word)].append(word)

    def close(self) -> None:
        """Give the database back."""
        with self._lock:
            self._ending()

    def content(self, text: str) -> list[str]:
        """The words of `text` that mean something."""
        return [w for w in words_of(text) if w not in self._stop_words and len(w) > 1]

    def search(self, question: str, near: int | None = None) -> list[Found]:
        """Passages for a question, the best first; `near` is one just talked about."""
        terms = self.content(question)
        if not terms or not self.passages:
            return []
        total = 0.0
        scores: dict[int, float] = defaultdict(float)
        shares: dict[int, float] = defaultdict(float)
        matched: dict[int, set[str]] = defaultdict(set)
        for term in self._joined(terms):
            candidates = self._candidates(term)
            rarity = max(
                (self._rarity(word) for word in candidates), default=math.log1p(len(self.passages))
            )
            total += rarity
            best: dict[int, tuple[float, float, str]] = {}
            for word, weight in candidates.items():
                for number, rank in self._rank(word):
                    mark = (weight * rank, weight * self._rarity(word), word)
                    best[number] = max(best.get(number, (0.0, 0.0, "")), mark)
            for number, (rank, share, word) in best.items():
                scores[number] += rank
                shares[number] += share
                matched[number].add(word)
        path = self.passages[near].path if near is not None else ()
        ordered = sorted(
            scores,
            key=lambda n: (
                -scores[n] * shares[n] * (1.25 if path and self.passages[n].path == path else 1.0),
                n,
            ),
        )
        if ordered:
            self._begin_at_the_top(ordered, matched)
        return [
            Found(
                self.passages[n], n, min(shares[n] / max(total, 1e-9), 1.0), frozenset(matched[n])
            )
            for n in ordered
        ]

    def _begin_at_the_top(self, ordered: list[int], matched: dict[int, set[str]]) -> None:
        """Where only a heading was asked for, what stands first under it answers."""
        best, words = self.passages[ordered[0]], matched[ordered[0]]
        for depth in range(1, len(best.path) + 1):
            heading = best.path[:depth]
            if words <= set(words_of(" ".join(heading))):
                first = next(
                    n
                    for n in sorted(ordered)
                    if self.passages[n].path[:depth] == heading
                    and self.passages[n].file == best.file
                )
                ordered.remove(first)
                ordered.insert(0, first)
                return

    def _joined(self, terms: list[str]) -> list[str]:
        """The terms, with a word heard in two halves ("hand book") put together again."""
        found: list[str] = []
        for term in terms:
            whole = found[-1] + term if found else ""
            if term not in self._holders and whole in self._holders:
                found[-1] = whole
            else:
                found.append(term)
        return found

    def _candidates(self, term: str) -> dict[str, float]:
        found: dict[str, float] = {}
        if term in self._holders:
            found[term] = 1.0
        for word in self._by_stem.get(_stem(term), ()):
            found.setdefault(word, _SAME_STEM)
        if not found and len(term) > 3:
            for word, score, _ in process.extract(
                term, self._vocabulary, scorer=fuzz.ratio, score_cutoff=_NEARLY, limit=3
            ):
                found.setdefault(word, _NEAR * score / 100)
            for word in self._by_sound.get(_sound(term), ()):
                found.setdefault(word, _SOUND)
        return found

    def _rarity(self, word: str) -> float:
        return math.log1p(len(self.passages) / max(len(self._holders.get(word, ())), 1))

    def _rank(self, word: str) -> list[tuple[int, float]]:
        with self._lock:
            rows = self._database.execute(
                "SELECT rowid, bm25(notes, ?, 1.0) FROM notes WHERE notes MATCH ?",
                (_HEADING_WEIGHT, f'"{word}"'),
            ).fetchall()
        # BM25 falls to nothing for words most passages hold; they still tell a little.
        return [(int(row) - 1, max(-float(rank), 0.05)) for row, rank in rows]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


def _sound(word: str) -> str:
    """A Soundex of the whole word: vowels go, alike consonants fall together."""
    coded = word.translate(_SOUNDS)
    kept = [code for i, code in enumerate(coded) if i == 0 or code != coded[i - 1]]
    return "".join(code for code in kept if code != "0") + ("0" if coded[:1] == "0" else "")
