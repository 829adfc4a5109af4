"""The little markdown that model cards use, as safe HTML: headings, paragraphs, lists, tables, code spans, bold.

Everything is escaped first; no link, picture or raw HTML gets through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_RULE = re.compile(r"\|[\s:|-]+\|")


def card_html(text: str) -> SafeString:
    """Headings start at <h2>: the page has its <h1> already."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return mark_safe("\n".join(html for block in blocks for html in _block(block.split("\n"))))


def _block(lines: list[str]) -> Iterator[str]:
    rest: list[str] = []
    for line in lines:
        if line.startswith("#"):
            yield from _plain(rest)
            rest = []
            level = min(4, max(2, len(line) - len(line.lstrip("#"))))
            yield f"<h{level}>{_inline(line.lstrip('# '))}</h{level}>"
        else:
            rest.append(line)
    yield from _plain(rest)


def _plain(lines: list[str]) -> Iterator[str]:
    lines = [line for line in lines if line.strip()]
    if not lines:
        return
    if all(line.lstrip().startswith("|") for line in lines):
        yield _table(lines)
    elif lines[0].lstrip().startswith(("- ", "* ")):
        items = re.split(r"\n\s*[-*] ", "\n" + "\n".join(lines))[1:]
        yield "<ul>" + "".join(f"<li>{_inline(' '.join(item.split()))}</li>" for item in items) + "</ul>"
    else:
        yield f"<p>{_inline(' '.join(line.strip() for line in lines))}</p>"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if not _RULE.fullmatch(line.strip())]
    head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f'<div class="scroll"><table class="table dense"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _inline(text: str) -> str:
    return _BOLD.sub(r"<b>\1</b>", _CODE.sub(r"<code>\1</code>", str(escape(text))))
