"""Which characters deceive: ignorable ones, look-alikes, letters of scripts that no model here has learnt.

Sources: Unicode DerivedCoreProperties (Default_Ignorable_Code_Point) and UTS #39 confusables, through confusable-homoglyphs.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache

from confusable_homoglyphs.confusables import confusables_data

_IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_STARTS = [start for start, _ in _IGNORABLE]
DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINER, EMOJI_STYLE = "\u200d", "\ufe0f"
# UTS 39 maps these to capitals or to letters that people do not use them for.
_OVERRIDES = {
    "ß": None, "æ": None, "œ": None, "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "β": "b", "в": "b", "н": "h", "т": "t", "м": "m",
    "к": "k",
}  # fmt: skip
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))


def is_ignorable(char: str) -> bool:
    """Whether nothing is drawn for it (Default_Ignorable_Code_Point)."""
    code = ord(char)
    place = bisect_right(_STARTS, code) - 1
    return place >= 0 and code <= _IGNORABLE[place][1]


@lru_cache(maxsize=4096)
def is_emoji_like(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or 0x1F000 <= ord(char) <= 0x1FAFF


@lru_cache(maxsize=1)
def _look_alikes() -> dict[str, str]:
    """Letter -> the ASCII letter it looks like, for letters outside Latin and for odd Latin ones."""
    table: dict[str, str] = {}
    for char, candidates in confusables_data.items():
        if len(char) != 1 or ord(char) < 128 or not char.isalpha():
            continue
        plain = [c["c"] for c in candidates if len(c["c"]) == 1 and c["c"].isascii() and c["c"].isalpha()]
        if plain:
            table[char] = plain[0].lower() if char.islower() else plain[0]
    table.update(_SMALL_CAPITALS)
    table.update({char: to for char, to in _OVERRIDES.items() if to})
    return {char: to for char, to in table.items() if _OVERRIDES.get(char, to)}


def look_alike(char: str) -> str | None:
    """The ASCII letter that `char` passes for, or None."""
    return _look_alikes().get(char)


@lru_cache(maxsize=8192)
def script_of(char: str) -> str:
    """Latin, Cyrillic, Greek, Cjk, ...; "" for what is no letter. From the first word of the character's name."""
    if not char.isalpha():
        return ""
    name = unicodedata.name(char, "")
    if char.isascii() or "LATIN" in name or name.startswith(("FEMININE ORDINAL", "MASCULINE ORDINAL", "MICRO")):
        return "Latin"
    if name.startswith("MATHEMATICAL") or unicodedata.normalize("NFKC", char).isascii():
        return "Latin"
    return name.split(" ", 1)[0].split("-", 1)[0].capitalize() or "Unknown"
