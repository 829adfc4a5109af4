"""From what somebody types to a text query: every word must be there, the last may be cut short, quotes hold words together."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchQueryCombinable

from console.insights.search.rows import EXACT
from scoring.text.searching import folded

_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')


class Lexeme(SearchQuery):
    """One lexeme as it is stored, past the parser."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        [text] = [part.value for part in self.get_source_expressions() if part is not None]
        return "%s::tsquery", [_quoted(text)]


def exact_name(name: str) -> Lexeme:
    """An external id, account or conversation as a whole."""
    return Lexeme(EXACT + folded(name).strip())


def words_query(text: str) -> SearchQueryCombinable | None:
    """None when nothing in the text can be looked for."""
    if not folded(text).strip():
        return None
    whole = exact_name(text)
    words = _words(text)
    return SearchQuery(words, config="simple", search_type="raw") | whole if words else whole


def _words(text: str) -> str:
    """In the syntax of to_tsquery: 'cold soup' & 'wait':*"""
    parts = []
    for found in _PARTS.finditer(text):
        part = folded(found[1] if found[1] is not None else found[2]).strip()
        if any(c.isalnum() for c in part):
            # The beginning of a number is another number: of ids only the whole is meant.
            cut_short = found[2] is not None and found.end() == len(text.rstrip()) and not any(c.isdigit() for c in part)
            parts.append(_quoted(part) + (":*" if cut_short else ""))
    return " & ".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
