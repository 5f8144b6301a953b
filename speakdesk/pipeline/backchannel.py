# ruff: noqa: RUF001
"""Short words of agreement that keep a talk going and take no turn ("mm-hm", "ja genau")."""

from __future__ import annotations

import re
import unicodedata

_LISTS = """
en  mm mmm mhm mmhm mmhmm mhmm hm hmm hmmm uh huh uhhuh um ah aha oh ooh okay ok k kay yes yeah yep
en  yup ya right sure true exactly indeed absolutely totally cool nice great good wow alright
en  i see|got it|of course|go on|makes sense|fair enough|all right|very good|i know
de  ja jaja jo jep genau stimmt klar richtig gut achso ach so soso eben okay schön prima super
de  verstehe|ich verstehe|alles klar|na gut|na klar|sehr gut|ah ja|ach ja|gut gut
fr  oui ouais ouaip bien exact exactement voilà d'accord daccord ok absolument bon tout à fait super
fr  bien sûr|je vois|c'est ça|c'est vrai|très bien|ah bon|ah oui|d'accord
es  sí si ya vale bueno claro exacto ajá aja bien cierto correcto perfecto entiendo así es
es  por supuesto|de acuerdo|muy bien|eso es|ya veo|ah sí
it  sì si già certo esatto giusto bene ok va bene capisco vero perfetto d'accordo
pt  sim pois claro certo exato exatamente tá ok isso bom entendi aham uhum com certeza|pois é
nl  ja jaja precies oké klopt goed juist inderdaad snap|ik snap het|heel goed|ja hoor
pl  tak jasne dobrze aha rozumiem dokładnie pewnie ok
sv  ja jo jaa precis okej bra just det|jag förstår
da  ja jo okay præcis netop godt|jeg forstår
nb  ja jo okei akkurat nettopp bra|jeg forstår
fi  joo kyllä niin aivan okei hyvä just
cs  ano jo jasně dobře přesně chápu aha
tr  evet tamam peki aynen doğru hı anladım tabii
ru  да ага угу ясно понятно точно конечно хорошо ладно верно так
uk  так ага угу ясно зрозуміло точно звичайно добре
ja  はい うん ええ そう そうですね なるほど へえ ああ うんうん
zh  嗯 嗯嗯 对 對 好 好的 是 是的 哦 没错 當然 当然 明白
ko  네 예 응 음 그래 맞아 맞아요 그렇죠 아
hi  हाँ हां जी अच्छा ठीक सही ठीक है
ar  نعم أيوه ايوه تمام صحيح طيب حسنا
"""
_SPLIT = re.compile(r"[^\w']+", re.UNICODE)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SPLIT.split(_plain(text)) if word.strip("'_"))


def _build() -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    single: set[str] = set()
    phrases: set[tuple[str, ...]] = set()
    for line in _LISTS.strip().splitlines():
        parts = line.split(None, 1)[1].split("|")
        single.update(_words(parts[0]))
        phrases.update(_words(phrase) for phrase in parts[1:])
    # Bare pieces of a phrase or of another language's phrase that mean something else alone.
    single -= {"all", "à", "fait", "tout", "com", "va", "es", "k"}
    phrases |= {("tout", "à", "fait"), ("va", "bene"), ("así", "es"), ("com", "certeza")}
    return frozenset(single), frozenset(phrases)


_SINGLE, _PHRASES = _build()


def is_backchannel(text: str, words: int) -> bool:
    """True where `text` is nothing but agreement, of at most `words` words; a phrase is one word.

    Hyphens split words, and "mm-hm" counts as the one sound it is. Text without a word (a laugh the
    service wrote as punctuation) is agreement too.
    """
    if words <= 0:
        return False
    found = _words(text.replace("-", "").replace("‑", "")) or _words(text)
    count = i = 0
    while i < len(found):
        length = next((n for n in (3, 2) if found[i : i + n] in _PHRASES), 0)
        if not length:
            if found[i] not in _SINGLE:
                return False
            length = 1
        i += length
        count += 1
    return count <= words
