# ruff: noqa: RUF001
"""Short words of agreement that keep a talk going and take no turn ("mm-hm", "ja genau")."""

from __future__ import annotations

import re
import unicodedata

_WORDS = """
en  mm mmm mhm mmhm mmhmm mhmm hm hmm hmmm uh huh uhhuh um ah aha oh ooh okay ok kay yes yeah yep
en  yup ya right sure true exactly indeed absolutely totally cool nice great good wow alright
de  ja jaja jo jep genau stimmt klar richtig gut achso ach soso eben schön prima super verstehe
fr  oui ouais ouaip bien exact exactement voilà daccord absolument bon super
es  sí si vale bueno claro exacto ajá aja cierto correcto perfecto entiendo
it  sì già certo esatto giusto bene capisco vero perfetto
pt  sim pois exato exatamente tá isso bom entendi aham uhum
nl  precies oké klopt goed juist inderdaad snap
pl  tak jasne dobrze rozumiem dokładnie pewnie
sv  jaa precis okej bra just
da  okay præcis netop godt
nb  okei akkurat nettopp
fi  joo kyllä niin aivan hyvä
cs  ano jasně dobře přesně chápu
tr  evet tamam peki aynen doğru hı anladım tabii
ru  да ага угу ясно понятно точно конечно хорошо ладно верно так
uk  зрозуміло звичайно добре
ja  はい うん ええ そう そうですね なるほど へえ ああ うんうん
zh  嗯 嗯嗯 对 對 好 好的 是 是的 哦 没错 當然 当然 明白
ko  네 예 응 음 그래 맞아 맞아요 그렇죠 아
hi  हाँ हां जी अच्छा ठीक सही
ar  نعم أيوه ايوه تمام صحيح طيب حسنا
"""
_PHRASE_LIST = """
en  i see|got it|of course|go on|makes sense|fair enough|all right|very good|i know
de  ach so|ich verstehe|alles klar|na gut|na klar|sehr gut|ah ja|ach ja
fr  d'accord|tout à fait|bien sûr|je vois|c'est ça|c'est vrai|très bien|ah bon|ah oui
es  por supuesto|de acuerdo|muy bien|eso es|así es|ya veo|ah sí
it  va bene|d'accordo
pt  com certeza|pois é
nl  ik snap het|heel goed|ja hoor
sv  jag förstår
nb  jeg forstår
hi  ठीक है
"""
_SPLIT = re.compile(r"[^\w']+", re.UNICODE)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SPLIT.split(_plain(text)) if word.strip("'_"))


def _build() -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    rows = [row.split(None, 1)[1] for row in _WORDS.strip().splitlines()]
    phrases = [row.split(None, 1)[1] for row in _PHRASE_LIST.strip().splitlines()]
    return (
        frozenset(word for row in rows for word in _words(row)),
        frozenset(_words(phrase) for row in phrases for phrase in row.split("|")),
    )


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
        length = next((n for n in (3, 2, 1) if found[i : i + n] in _PHRASES), 0)
        if not length:
            if found[i] not in _SINGLE:
                return False
            length = 1
        i += length
        count += 1
    return count <= words
