"""The colours can be read: contrast by WCAG 2 of every pair that the design names, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "templates" / "static"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
GROUNDS = ["paper", "surface", "panel", "sunken", "raised"]
SOFT = ["accent-soft", "reject-soft", "allow-soft", "machine-soft", "person-soft", "caution-soft"]
# colour: (grounds, least contrast)
NEEDED: dict[str, tuple[list[str], float]] = {
    "ink": ([*GROUNDS, *SOFT, "mark"], 4.5),
    "ink-2": ([*GROUNDS, *SOFT, "mark"], 4.5),
    "ink-3": (GROUNDS, 4.5),
    "accent": ([*GROUNDS, "accent-soft"], 4.5),
    "on-accent": (["accent"], 4.5),
    "allow": ([*GROUNDS, "allow-soft"], 4.5),
    "on-allow": (["allow"], 4.5),
    "reject": ([*GROUNDS, "reject-soft"], 4.5),
    "on-reject": (["reject"], 4.5),
    "caution": ([*GROUNDS, "caution-soft", "mark"], 4.5),
    "machine": ([*GROUNDS, "machine-soft"], 4.5),
    "person": ([*GROUNDS, "person-soft"], 4.5),
    "line-strong": (GROUNDS, 3.0),
    "mark-line": (["surface", "mark"], 3.0),
}


def tokens(theme: int) -> dict[str, str]:
    """Names to hex; theme 0 is light, 1 is dark. The first value wins: later ones are for high contrast."""
    found: dict[str, str] = {}
    for name, *values in PAIR.findall((STATIC / "tokens.css").read_text()):
        found.setdefault(name, values[theme])
    return found


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", list(NEEDED))
def test_it_can_be_read_on_each_of_its_grounds(name: str, theme: int) -> None:
    colours = tokens(theme)
    grounds, least = NEEDED[name]
    for ground in grounds:
        assert contrast(colours[name], colours[ground]) >= least, ground


@pytest.mark.parametrize("sheet", ["components.css", "screens.css"])
def test_it_takes_every_colour_from_the_tokens(sheet: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s)])", re.sub(r"#[\w-]+\s*\{", "{", text)) == []


def test_no_template_holds_a_style_or_an_inline_script() -> None:
    for file in STATIC.parent.rglob("*.html"):
        text = file.read_text()
        assert not re.search(r"""<[^>]*\s(style|on[a-z]+)\s*=\s*["']""", text), file
        assert "<style" not in text, file
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), file


@pytest.mark.parametrize("sheet", sorted(path.name for path in STATIC.glob("*.css")))
def test_every_section_of_a_sheet_ends_before_the_next_begins(sheet: str) -> None:
    """A layer inside a layer counts less than what stands beside it: a brace that is missing makes later rules lose, silently."""
    depth = 0
    for line in re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text("utf-8"), flags=re.S).splitlines():
        assert not (line.startswith("@layer") and depth), line
        depth += line.count("{") - line.count("}")
    assert depth == 0


def test_whatever_scrolls_can_be_reached_by_keyboard() -> None:
    found = [
        f"{path.relative_to(STATIC.parent)}: {tag}"
        for path in STATIC.parent.rglob("*.html")
        for tag in re.findall(r'<div class="(?:[\w-]+ )*scroll(?: [\w-]+)*"[^>]*>', path.read_text("utf-8"))
        if "tabindex" not in tag
    ]
    assert found == []
