"""Two texts word by word: what the second says otherwise than the first, safely as HTML."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WORDS = re.compile(r"\s+|[^\s]+")
MOST_WORDS = 400  # comparing longer texts would hold the page up; they are shown unmarked


def differences(first: str, second: str) -> SafeString:
    """`second` with what it adds in <ins> and what it leaves out in <del>; every part is escaped."""
    ours, theirs = _WORDS.findall(first), _WORDS.findall(second)
    if max(len(ours), len(theirs)) > 2 * MOST_WORDS:
        return format_html("{}", second)
    parts = []
    for verb, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        gone, new = "".join(ours[i1:i2]), "".join(theirs[j1:j2])
        if verb == "equal":
            parts.append(format_html("{}", new))
            continue
        if gone.strip():
            parts.append(format_html("<del>{}</del> ", gone))
        if new:
            parts.append(format_html("<ins>{}</ins>", new))
    return format_html_join("", "{}", ((part,) for part in parts))
