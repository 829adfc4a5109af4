"""What differs between two short values, word by word: what was taken away, and what came instead."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_PARTS = re.compile(r"\w+(?:[-'’]\w+)*|\s+|[^\w\s]")  # a name with a hyphen is one word
_BREAKS = re.compile(r"(?<=[@/])(?=\w)|(?<![.\s])(?=\.\w)")  # where an address may go on in the next line, rather than inside a name
MOST = 200  # parts beyond which the whole value counts as changed


def changed_words(value: str, other: str, *, added: bool) -> SafeString:
    """`value` against `other`: the parts that `other` lacks are in <ins> where `value` is the new one, in <del> where it is the old."""
    mine, theirs = _PARTS.findall(value), _PARTS.findall(other)
    tag = "ins" if added else "del"
    if not theirs or max(len(mine), len(theirs)) > MOST:
        return format_html("<{0}>{1}</{0}>", tag, _breakable(value)) if theirs else _breakable(value)
    blocks = SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes()
    pieces = [("".join(mine[start:end]), name == "equal") for name, _, _, start, end in blocks if end > start]
    parts = ((_breakable(text), same) for text, same in pieces)
    return format_html_join("", "{}", ((text if same else format_html("<{0}>{1}</{0}>", tag, text),) for text, same in parts))


def _breakable(text: str) -> SafeString:
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in _BREAKS.split(text)))
