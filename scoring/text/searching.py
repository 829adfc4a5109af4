"""Texts as search sees them: on both sides, what is written and what is asked, so that they meet.

Case, accents, styled letters and characters that draw nothing are folded away; scripts that put no space between words are
taken letter by letter, and a word of them is found as a phrase. Look-alike letters of other scripts are left as they are.
"""

from __future__ import annotations

import re
import unicodedata

from scoring.text.characters import is_ignorable

LONGEST = 60_000  # characters; with it the index entry of any text stays below the database's limit
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Han, kana, Thai, Lao, Khmer, Myanmar: written without spaces.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])"
)


def folded(text: str) -> str:
    text = text[:LONGEST]
    if text.isascii():
        return text.replace("\x00", " ").lower()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not is_ignorable(c) and not "\ud800" <= c <= "\udfff")
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).casefold()
    return _UNSPACED.sub(r" \1 ", text).replace("\x00", " ")[:LONGEST]
