"""Which of several bots a sentence speaks to, by name; forgiving of how names are misheard."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|[,.;:!?\u2026]")
_SENTENCE_END = frozenset(".!?\u2026")
_ALIKE = 0.8
_SHORT = 4


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Asked of all of them, one after another; longest first where one holds another.
_EVERYONE = tuple(
    tuple(phrase.split())
    for phrase in (
        "the two of you",
        "each of you",
        "all of you",
        "both of you",
        "you all",
        "you two",
        "you both",
        "all three of you",
        "everyone",
        "everybody",
        "y'all",
        "alle beide",
        "ihr beide",
        "ihr beiden",
        "ihr alle",
        "sie beide",
        "sie alle",
        "euch allen",
        "euch beiden",
        "jeder von euch",
        "vous deux",
        "vous tous",
        "tous les deux",
        "tout le monde",
        "ustedes dos",
        "todos ustedes",
        "los dos",
        "cada uno",
    )
)
# Behind one of these a name is spoken about; "with Marco", "what Marco said".
_ABOUT = _words(
    "about with of from than for by what that like as says mit von wie als avec de con y"
)
_AFTER_A_NAME = _words("said says thinks thought is has mentioned told meint sagt")
_GREETINGS = _words(
    "hi hey hello so and ok okay now well please thanks thank you then but or hallo und "
    "also danke bitte bonjour salut et merci hola y gracias ciao e grazie"
)
# Names that are words as well need more than the word.
_ALSO_WORDS = _words(
    "will may mark grace hope art bill rose joy dawn faith summer june april max guide"
)
_NUMBERS = {"one": "1", "two": "2", "too": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_TITLES = _words("dr mr mrs ms miss prof professor the herr frau sir")
_SOUND_GROUPS = {
    **dict.fromkeys("bfpvw", "1"),
    **dict.fromkeys("cgjkqsxz", "2"),
    **dict.fromkeys("dt", "3"),
    "l": "4",
    **dict.fromkeys("mn", "5"),
    "r": "6",
}
_VOWELS = frozenset("aeiouy")


def plain(word: str) -> str:
    """A word without case, accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in folded if c.isalnum())


def forms_of(name: str, aliases: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
    """What a bot may be called: its name, its first name, its aliases; as plain words."""
    forms: list[tuple[str, ...]] = []
    for called in (name, *aliases):
        words = tuple(p for w in _TOKEN.findall(called) if (p := plain(w)))
        if words:
            forms.append(words)
    own = forms[0] if forms else ()
    first = next((w for w in own if w not in _TITLES and not w.isdigit()), "")
    if len(own) > 1 and len(first) > 1:
        forms.append((first,))
    return tuple(dict.fromkeys(forms))


@dataclass(frozen=True, slots=True)
class _Mention:
    bot: str
    start: int
    end: int


def addressed(text: str, names: Mapping[str, Sequence[tuple[str, ...]]]) -> tuple[str, ...]:
    """Who of `names` (bot id → its forms, the first launched first) this text speaks to, in order.

    All of them where it asks all ("both of you"); nobody where it names none.
    """
    raw = _TOKEN.findall(text)
    tokens = [t if t in ",;:" or t in _SENTENCE_END else plain(t) for t in raw]
    words = [t for t in tokens if t.isalnum()]
    if any(_holds(words, phrase) for phrase in _EVERYONE):
        return tuple(names)
    mentions = _mentions(raw, tokens, names)
    if not mentions:
        return ()
    # The last sentence that names somebody is the one that asks: "Thanks, Ada. Marco, and you?"
    asking = mentions[-1].start
    while asking > 0 and tokens[asking - 1] not in _SENTENCE_END:
        asking -= 1
    named = [m for m in mentions if m.start >= asking]
    chosen = [named[0]]
    for mention in named[1:]:
        between = tokens[chosen[-1].end : mention.start]
        if all(t in ("and", "or", "und", "oder", "et", "ou", "y", "e", ",") for t in between):
            chosen.append(mention)
        else:
            break
    return tuple(dict.fromkeys(m.bot for m in chosen))


def _holds(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    wanted = tuple(plain(w) for w in phrase)
    size = len(wanted)
    return any(tuple(words[i : i + size]) == wanted for i in range(len(words) - size + 1))


def _mentions(
    raw: Sequence[str],
    tokens: Sequence[str],
    names: Mapping[str, Sequence[tuple[str, ...]]],
) -> list[_Mention]:
    # "Ada" is the one who is called just that before it is short for "Ada 2".
    ranked = sorted(
        (-len(form), form != its[0], order, form, bot)
        for order, (bot, its) in enumerate(names.items())
        for form in its
    )
    forms = [(form, bot) for *_, form, bot in ranked]
    found: list[_Mention] = []
    i = 0
    while i < len(tokens):
        hit = next((m for form, bot in forms if (m := _hit(raw, tokens, i, form, bot))), None)
        if hit is None:
            i += 1
            continue
        found.append(hit)
        i = hit.end
    return found


def _hit(
    raw: Sequence[str], tokens: Sequence[str], i: int, form: tuple[str, ...], bot: str
) -> _Mention | None:
    end = i + len(form)
    if end > len(tokens):
        return None
    heard = tokens[i:end]
    is_called = _is_call(tokens, i, end)
    for said, meant in zip(heard, form, strict=True):
        if not said.isalnum() or not _sounds_like(said, meant, is_called):
            return None
    if not is_called:
        before = tokens[i - 1] if i else ""
        after = tokens[end] if end < len(tokens) else ""
        if before in _ABOUT or after in _AFTER_A_NAME:
            return None
        if len(form) == 1 and form[0] in _ALSO_WORDS:
            return None
    elif len(form) == 1 and form[0] in _ALSO_WORDS and not _is_set_off(raw, tokens, i, end):
        return None
    if raw[end - 1].lower().endswith(("'s", "\u2019s")):
        return None
    return _Mention(bot, i, end)


def _is_call(tokens: Sequence[str], start: int, end: int) -> bool:
    """True where the place in the sentence is that of somebody spoken to."""
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    if after in _AFTER_A_NAME and before not in (",",):
        return False
    if not before or before in _SENTENCE_END or before in ",;:" or before in _GREETINGS:
        return True
    return (not after or after in _SENTENCE_END or after == ",") and before not in _ABOUT


def _is_set_off(raw: Sequence[str], tokens: Sequence[str], start: int, end: int) -> bool:
    """True where a comma or the capital letter says that the word is a name."""
    after = tokens[end] if end < len(tokens) else ""
    before = tokens[start - 1] if start else ""
    if after == "," or before == ",":
        return True
    is_first = not before or before in _SENTENCE_END
    return raw[start][:1].isupper() and not is_first


def _sounds_like(said: str, meant: str, is_called: bool) -> bool:
    if said == meant or _NUMBERS.get(said) == meant:
        return True
    if meant.isdigit() or said.isdigit():
        return False
    if len(meant) >= _SHORT and len(said) >= _SHORT:
        if SequenceMatcher(None, said, meant).ratio() >= _ALIKE:
            return True
        return is_called and _sound(said) == _sound(meant) and said[0] == meant[0]
    # "Aida" or "Eda" for Ada, but only where somebody is called.
    return (
        is_called
        and len(meant) >= 3
        and abs(len(said) - len(meant)) <= 1
        and _sound(said) == _sound(meant)
        and (said[-1] in _VOWELS) == (meant[-1] in _VOWELS)
        and (said[0] in _VOWELS or said[0] == meant[0])
        and said[-1] == meant[-1]
    )


def _sound(word: str) -> str:
    """Soundex's groups of consonants; vowels only part them, all are alike at the beginning."""
    code = "0" if word[0] in _VOWELS else _SOUND_GROUPS.get(word[0], "")
    last = code
    for letter in word[1:]:
        group = _SOUND_GROUPS.get(letter, "")
        if group and group != last:
            code += group
        if letter != "h":
            last = group
    return code
