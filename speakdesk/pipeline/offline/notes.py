"""The notes brain: answers from a persona's own Markdown, in sentences made to be spoken.

No model, no network, no Pipecat. It says who it is, what it knows about, and when it does not know;
it never makes anything up, because all it can say of a subject is what the notes say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.pipeline.offline.index import Found, PassageIndex, words_of
from speakdesk.pipeline.offline.passages import Passage, passages, spoken_sentences, topics
from speakdesk.pipeline.offline.phrases import Phrases, phrases

MOST_SENTENCES = 3
MOST_LETTERS = 320
_SURE, _LIKELY, _PERHAPS = 0.5, 0.34, 0.26
_SHORT_QUESTION_WORDS = 9

_PUNCTUATION = re.compile(r"[^\w\s]|_")
_SPACES = re.compile(r"\s+")
_SECOND_PERSON = re.compile(
    r"(?<![\w-])(?:you|your|yours|yourself|du|dein\w*|dich|dir|ihr\w*|tu|ton|ta|tes|vous|votre|vos|"
    r"tú|tus|usted|suyo|tuo|tua|tuoi|lei)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool the answer needs first: its name in `pipeline.tools.TOOLS` and its arguments."""

    name: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, sentence by sentence, or the tool to ask before anything is said."""

    sentences: tuple[str, ...] = ()
    tool: ToolRequest | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.sentences)


@dataclass(slots=True)
class _Talk:
    """Where the conversation stands."""

    last_text: str = ""
    passage: int | None = None
    spoken: int = 0
    was_lost: bool = False
    greeted: bool = False
    spent: set[int] = field(default_factory=set)


class NotesBrain:
    """One bot's brain over one persona. It remembers the talk; make one for each meeting."""

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._phrases: Phrases = phrases(persona.language)
        self._passages = [p for file in persona.knowledge for p in passages(file)]
        if not self._passages and persona.prompt:
            # A persona without knowledge files has its prompt to tell about.
            self._passages = passages(Knowledge("README.md", persona.prompt))
        self._index = PassageIndex(self._passages, self._phrases.stop_words)
        self._topics = topics(self._passages)
        self._talk = _Talk()
        self._patterns = {
            name: re.compile(pattern.pattern.replace("{name}", re.escape(_normal(persona.name))))
            for name, pattern in self._phrases.hears.items()
        }

    def close(self) -> None:
        """Give the index back."""
        self._index.close()

    def answer(self, question: str, history: Sequence[tuple[str, str]] = ()) -> str:
        """The spoken answer. `history` are earlier (question, answer) pairs, for a fresh brain."""
        if history and not self._talk.last_text:
            for earlier, _ in history[-3:]:
                self.respond(earlier)
        return self.respond(question).text

    def respond(self, question: str, tools: frozenset[str] = frozenset()) -> Reply:
        """The reply to what was just said; `tools` names those that may be asked."""
        reply = self._intent(question, tools) or self._from_notes(question)
        if reply.tool is None:
            self._talk.last_text = reply.text
        return reply

    def tell_tool(self, name: str, result: Any) -> Reply:
        """What a tool gave back, as sentences. `result` is what `pipeline.tools` returns."""
        said = self._phrases
        values = result if isinstance(result, Mapping) else {"error": str(result)}
        if error := values.get("error"):
            text = said.say("tool_failed", error=str(error))
        elif name == "time":
            text = said.say(
                "time",
                place=_title(values.get("place", "")),
                time=str(values.get("time", "")),
                date=str(values.get("date", "")),
            )
        elif name == "weather":
            text = said.say(
                "weather",
                place=_title(values.get("place", "")),
                sky=str(values.get("sky", "")).lower(),
                temperature=str(values.get("temperature_c", "")),
                feels=str(values.get("feels_like_c", "")),
            )
        else:
            text = ", ".join(f"{key}: {value}" for key, value in values.items())
        self._talk.last_text = text
        return Reply(tuple(spoken_sentences(text)))

    def summary(self, lines: Sequence[str], letters: int) -> str:
        """An extract of what was said, for a long meeting: the lines that carry most, in order."""
        head = self._phrases.says["summary"].partition("{")[0]
        lines = [line.replace(head, "") for line in lines]
        counts: dict[str, int] = {}
        for line in lines:
            for word in set(self._index.content(line)):
                counts[word] = counts.get(word, 0) + 1
        scored = sorted(
            range(len(lines)),
            key=lambda i: -sum(counts[w] for w in set(self._index.content(lines[i]))),
        )
        kept: list[int] = []
        size = 0
        for number in scored:
            if size + len(lines[number]) <= letters:
                kept.append(number)
                size += len(lines[number]) + 1
        if not kept and lines:
            return self._phrases.say("summary", lines=lines[scored[0]][:letters])
        return self._phrases.say("summary", lines=" ".join(lines[i] for i in sorted(kept)))

    def _intent(self, question: str, tools: frozenset[str]) -> Reply | None:
        text, said, talk = _normal(question), self._phrases, self._talk
        if not text:
            return self._say("pardon")
        for name in ("time", "weather"):
            if (match := self._patterns[name].search(text)) is not None:
                groups = match.groupdict()
                place = (groups.get("place") or groups.get("place2") or "").strip()
                if self._knows_better(question, place):
                    return None
                if name not in tools:
                    return self._say("no_tool")
                if not place:
                    return self._say("which_place")
                return Reply(tool=ToolRequest(name, {"place": _title(place)}))
        names = [name for name, pattern in self._patterns.items() if pattern.search(text)]
        if "thanks" in names and len(text.split()) <= 6:
            return self._say("thanks")
        if "bye" in names:
            return self._say("bye")
        if "repeat" in names:
            return Reply(tuple(spoken_sentences(talk.last_text or said.say("nothing_said"))))
        if "more" in names:
            return self._more()
        if "fine" in names:
            return self._say("fine")
        if "hello" in names:
            key, talk.greeted = ("hello_again" if talk.greeted else "hello"), True
            return self._say(key, name=self._persona.name)
        if len(text.split()) > _SHORT_QUESTION_WORDS:
            return None
        if "ai" in names:
            return self._say("ai", name=self._persona.name)
        if "name" in names:
            return self._who_i_am()
        if "purpose" in names and not self._leads_to_notes("purpose", text):
            key = "purpose" if self._topics else "purpose_bare"
            return self._say(key, purpose=self._purpose(), topics=self._listed_topics())
        if "topics" in names and not self._is_about_something(question):
            key = "topics" if self._topics else "no_notes"
            return self._say(key, topics=self._listed_topics())
        return None

    def _from_notes(self, question: str) -> Reply:
        talk = self._talk
        asked = self._patterns["thanks"].sub("", _normal(question)) or question
        found = self._index.search(asked, talk.passage)
        best = found[0] if found else None
        if best is None or best.confidence < _PERHAPS:
            return self._lost()
        is_sure = best.confidence >= _SURE or (best.confidence >= _LIKELY and len(best.words) >= 2)
        talk.was_lost = False
        talk.passage, talk.spoken = best.index, 0
        sentences = self._part(best)
        if not is_sure:
            sentences = [self._phrases.say("perhaps", topic=best.passage.topic), *sentences]
        return Reply(tuple(sentences))

    def _part(self, found: Found) -> list[str]:
        """The sentences of the passage that answer, from the one that holds what was asked."""
        whole = list(found.passage.sentences)
        hits = [len(found.words & set(words_of(sentence))) for sentence in whole]
        is_heading = found.words <= set(words_of(" ".join(found.passage.path)))
        start = hits.index(max(hits)) if max(hits) >= 2 * hits[0] and not is_heading else 0
        # A list without the line that announces it is hard to follow by ear.
        if start and whole[start - 1].endswith(":"):
            start -= 1
        return self._take(whole, start)

    def _take(self, whole: list[str], start: int) -> list[str]:
        taken: list[str] = []
        letters = 0
        for sentence in whole[start:]:
            if taken and (
                letters + len(sentence) > MOST_LETTERS
                or len([t for t in taken if not t.endswith(":")]) >= MOST_SENTENCES
            ):
                break
            taken.append(_shortened(sentence))
            letters += len(sentence)
        self._talk.spoken = start + len(taken)
        return taken

    def _more(self) -> Reply:
        talk = self._talk
        if talk.passage is None:
            if self._topics:
                return self._say("about", topics=self._listed_topics())
            return self._say("no_notes")
        passage = self._passages[talk.passage]
        if talk.spoken < len(passage.sentences):
            return Reply(tuple(self._take(list(passage.sentences), talk.spoken)))
        following = talk.passage + 1
        if following < len(self._passages) and self._goes_on(passage, self._passages[following]):
            talk.passage = following
            return Reply(tuple(self._take(list(self._passages[following].sentences), 0)))
        return self._say("no_more", topic=passage.topic)

    @staticmethod
    def _goes_on(passage: Passage, following: Passage) -> bool:
        return passage.file == following.file

    def _lost(self) -> Reply:
        key = "unknown_again" if self._talk.was_lost else "unknown"
        self._talk.was_lost = True
        about = (
            self._phrases.say("about", topics=self._listed_topics())
            if self._topics
            else self._phrases.say("no_notes")
        )
        return self._say(key, about=about)

    def _is_about_something(self, question: str) -> bool:
        found = self._index.search(question)
        return bool(found) and found[0].confidence >= _SURE

    def _leads_to_notes(self, name: str, text: str) -> bool:
        """True where a question about itself goes on to one that the notes answer."""
        match = self._patterns[name].search(text)
        return match is not None and self._is_about_something(text[match.end() :])

    def _knows_better(self, question: str, place: str) -> bool:
        """True where a question that sounds like a tool's is one the notes themselves answer."""
        return not place and self._is_about_something(question)

    def _who_i_am(self) -> Reply:
        purpose = self._purpose()
        if purpose.startswith(f"{self._phrases.i_am}{self._persona.name}"):
            return Reply(tuple(spoken_sentences(purpose)))
        return self._say("name", name=self._persona.name, purpose=purpose)

    def _purpose(self) -> str:
        first = next(iter(spoken_sentences(self._persona.prompt.split("\n\n")[0])), "")
        if (match := self._phrases.you_are.match(first)) is not None:
            rest = first[match.end() :]
            if _SECOND_PERSON.search(rest) is None:
                return self._phrases.i_am + rest
        if role := self._persona.summary.rstrip(". "):
            return self._phrases.say("part", role=role)
        return ""

    def _listed_topics(self) -> str:
        if len(self._topics) < 2:
            return "".join(self._topics)
        return f"{', '.join(self._topics[:-1])} {self._phrases.conjunction} {self._topics[-1]}"

    def _say(self, key: str, **values: str) -> Reply:
        return Reply(tuple(spoken_sentences(self._phrases.say(key, **values))))


def _normal(text: str) -> str:
    return _SPACES.sub(" ", _PUNCTUATION.sub(" ", text.lower())).strip()


def _title(place: Any) -> str:
    return " ".join(w[:1].upper() + w[1:] for w in str(place).split())


def _shortened(sentence: str) -> str:
    """A very long sentence, cut at a comma or a word so that it can be listened to."""
    if len(sentence) <= MOST_LETTERS + 80:
        return sentence
    cut = sentence[:MOST_LETTERS]
    head = cut.rpartition(", ")[0] if ", " in cut[MOST_LETTERS // 2 :] else cut.rpartition(" ")[0]
    return head.rstrip(" ,;:") + "."
