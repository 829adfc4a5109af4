"""What a person sees instead of risky parts of a text: links that cannot be followed, private data behind a mask.

A shield stands for code points [start, end) of the text as written; the text itself stays as it is. Pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tldextract

from scoring.blocks import Shield
from scoring.text.masking import Entity, find_entities

WORDS = {
    "url": "Link", "email": "E-mail address", "iban": "Account number", "card": "Card number", "phone": "Phone number",
    "address": "Street address", "handle": "Handle",
}  # fmt: skip
SECRET = frozenset({"email", "iban", "card", "phone", "address"})
MOST_SCANNED = 20_000  # the longest message
_SITE = re.compile(r"(?<![\w@.\-/])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,24}(?![\w@-])(?::\d{1,5})?(?:/\S{0,300})?", re.I)
_RESERVED = frozenset({"example", "test", "invalid", "onion"})  # RFC 2606, RFC 7686: names that no list holds
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list inside the package: never fetched


def shields(text: str) -> tuple[Shield, ...]:
    """In order, apart from each other."""
    head = text[:MOST_SCANNED]
    found = [e for e in find_entities(head) if e.kind != "handle"]
    found += [e for e in _sites(head) if all(e.end <= k.start or e.start >= k.end for k in found)]
    return tuple(_shield(head, entity) for entity in sorted(found, key=lambda e: e.start))


def _sites(text: str) -> Iterator[Entity]:
    """Bare names of sites that the entity patterns leave out, where the ending is one that exists or is reserved."""
    if "." not in text:
        return
    for match in _SITE.finditer(text):
        name = match.group().split("/")[0].split(":")[0].lower()
        if _is_site(name):
            yield Entity("url", match.start(), match.end())


@lru_cache(maxsize=2048)
def _is_site(name: str) -> bool:
    return name.rsplit(".", 1)[-1] in _RESERVED or bool(_extract(name).suffix and _extract(name).domain)


def _shield(text: str, entity: Entity) -> Shield:
    raw = text[entity.start : entity.end]
    secret = entity.kind in SECRET
    shown = masked(entity.kind, raw) if secret else defang(raw)
    return Shield(start=entity.start, end=entity.end, shown=shown, kind=entity.kind, secret=secret)


def defang(link: str) -> str:
    """`https://a.example/x` as `hxxps://a[.]example/x`: to be read, never to be followed or pasted by mistake."""
    scheme, colon, rest = link.partition("://")
    if not colon:
        scheme, rest = "", link
    host, slash, path = rest.partition("/")
    return f"{re.sub('^http', 'hxxp', scheme, flags=re.I)}{colon}{host.replace('.', '[.]')}{slash}{path}"


def masked(kind: str, raw: str) -> str:
    """Enough to tell two apart, not enough to use: the first letter of a name, the last two digits of a number."""
    if kind == "address":
        return "•••"
    if kind == "email":
        name, _, host = raw.partition("@")
        return f"{name[:1]}•••@{host[:1]}•••.{host.rsplit('.', 1)[-1]}"
    signs = [i for i, char in enumerate(raw) if char.isalnum()]
    hidden = set(signs[:-2])
    return "".join("•" if i in hidden else char for i, char in enumerate(raw))


def taken_out(texts: Sequence[str]) -> list[tuple[str, str]]:
    """(what it is, as it may be shown), each once, in the order of the talk: links, numbers, addresses and handles."""
    seen: dict[tuple[str, str], None] = {}
    for text in texts:
        places = [(s.start, WORDS[s.kind], s.shown) for s in shields(text)]
        places += [(e.start, WORDS["handle"], text[e.start : e.end]) for e in find_entities(text[:MOST_SCANNED]) if e.kind == "handle"]
        for _, kind, shown in sorted(places):
            seen.setdefault((kind, shown))
    return list(seen)
