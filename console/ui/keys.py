"""Every key of the product, and a person's own in its place. One list: the dialog of `?`, the help page and the settings are drawn from it.

A key of the product is what templates and scripts name (data-key="a", onKey("a")). A person may put another in its place, or none;
the browser turns what was pressed into the key of the product (keys.js), so nothing else knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.common.errors import Invalid


@dataclass(frozen=True, slots=True)
class Key:
    key: str  # as the browser names it, letters in lower case
    does: str
    needs: str = ""  # what must be on the page for it to do something: a selector
    also: tuple[tuple[str, str], ...] = ()  # what it does elsewhere, and what that needs

    @property
    def meanings(self) -> tuple[tuple[str, str], ...]:
        return ((self.does, self.needs), *self.also)

    @property
    def whole(self) -> str:
        """All of it in one line: what a person reads who gives it another key."""
        first, *rest = (does for does, _ in self.meanings)
        return "; ".join([first, *(does[0].lower() + does[1:] for does in rest)])


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    keys: tuple[Key, ...]


_FORM, _FILM = "#verdict", "#screen [data-player]"
GROUPS = (
    Group(
        "Everywhere",
        (
            Key("/", "Search", "[data-search]"),
            Key("?", "All keys"),
            Key("=", "More like this item", '[data-key="="]'),
            Key("l", "Lighter work for an hour, or back", "[data-lighter]"),
        ),
    ),
    Group(
        "Lists",
        (
            Key(
                "j", "Next queue", "[data-queue]",
                (("Next rule", "[data-rule]"), ("Next result", "[data-result]"), ("Next line", "[data-line]"),
                 ("Next turn", "#screen [data-turn]"), ("Next field", "#screen [data-answer]")),
            ),
            Key("k", "The one before", "[data-queue], [data-rule], [data-result], [data-line], #screen [data-turn], #screen [data-answer]"),
            Key(
                "Enter", "Start", "[data-queue]",
                (("Change the rule", "[data-rule]"), ("Open", "[data-result]"), ("Give the verdict", "#verdict"),
                 ("Go on", "main [data-key=Enter]:not([data-commit])")),
            ),
        ),
    ),
    Group(
        "A case: look",
        (
            Key("v", "As written, or normalised", "#screen [data-view]", (("Ask first", "#verdict [data-key=v]"),)),
            Key("w", "Twice: mark words by arrows, Shift and Enter", "#screen [data-mark-words]"),
            Key("b", "Unblur pictures, hide again", "#screen [data-unblur]"),
            Key("g", "Colour, or grey", "#screen [data-look=colour]"),
            Key("m", "Sound, or silent", "#screen [data-look=sound]", (("The next record that may be merged", "#screen [data-merge]"),)),
            Key("t", "Outlines only", "#screen [data-look=outline]", (("Try the rules", ".page [data-key=t]"),)),
            Key("e", "Show the evidence", "#screen [data-key=e]"),
            Key("h", "Hide or show the marks", "#screen .ev"),
            Key("p", "The whole clause", "#screen [data-key=p]"),
            Key("c", "To the context, and back to the content", "#screen [data-context]"),
            Key("i", "Mark from here", "#screen [data-mark-start]", (("Look behind a mask", "#screen [data-unmask]"),)),
            Key(
                "o", "Mark to here", "#screen [data-mark-end]",
                (("Open the first other talk", "#screen a[data-key=o]"), ("Switch the rule on or off", "[data-rule]")),
            ),
        ),
    ),
    Group(
        "A film, a batch, the rules",
        (
            Key(" ", "Play twice as fast, pause", _FILM, (("Open the line", "[data-line]"),)),
            Key("ArrowLeft", "One frame back; with Shift one scene", _FILM),
            Key("ArrowRight", "One frame on; with Shift one scene", _FILM),
            Key("[", "Peak or scene before", _FILM, (("Move the rule up", "[data-rule]"),)),
            Key("]", "Peak or scene after", _FILM, (("Move the rule down", "[data-rule]"),)),
        ),
    ),
    Group(
        "A case: decide",
        (
            *(
                Key(str(digit), f"Reason {digit}, or the action with this digit", f"#verdict [data-key='{digit}']")
                for digit in range(1, 10)
            ),
            Key("a", "Allow", _FORM),
            Key("r", "Enforce: remove, restrict, cancel", _FORM),
            Key("x", "Next action", "[data-next-action]", (("Leave the line out", "[data-line]"),)),
            Key(".", "How long it lasts", "[data-next-duration]"),
            Key("q", "Not sure", _FORM),
            Key("n", "Note", _FORM),
        ),
    ),
    Group(
        "A record or a talk",
        (
            Key("y", "Field right", "#screen [data-answer]"),
            Key("f", "Field wrong", "#screen [data-answer]", (("The next flagged turn", "#screen [data-next-flagged]"),)),
            Key("0", "Field unknown", "#screen [data-answer]"),
        ),
    ),
    Group(
        "A case: pass it on",
        (
            Key(
                "d", "Second opinion, a lead, or a colleague by name", "#verdict [data-key=d]",
                (("Take it over from who holds it", "#screen [data-opens=take-over]"),),
            ),
            Key("s", "Skip", "#verdict [data-key=s]"),
            Key("+", "Keep the case longer", "[data-keep]"),
            Key("u", "Undo the last one, or the last batch", "#toast, [data-key=u]"),
            Key("z", "Open what belongs with a case (J too, where it has no rows)", "[data-key=z]"),
        ),
    ),
)
DIGITS = frozenset("123456789")
FOLDED = "1–9"  # the browser says how far they go on the screen that is shown (keys_list.js)
KEYS = {key.key: key for group in GROUPS for key in group.keys}
NAMED = {"Enter": "Enter", " ": "Space", "ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓"}
WRITTEN = {"enter": "Enter", "space": " ", "left": "ArrowLeft", "right": "ArrowRight", "up": "ArrowUp", "down": "ArrowDown"} | {
    name: key for key, cap in NAMED.items() for name in (cap, key.lower())
}


def cap(key: str) -> str:
    """What stands on the key cap: "a" is A, " " is Space."""
    return NAMED.get(key, key.upper())


def read_key(text: str) -> str:
    """A key as a person writes it: one character, or Enter, Space, an arrow; "" for none. Raises ValueError with a sentence."""
    written = text.strip()
    if not written:
        return " " if text == " " else ""  # the space bar, as it was pressed
    known = WRITTEN.get(written.lower())
    if known is not None:
        return known
    if len(written) == 1 and written.isprintable():
        return written.lower()
    raise ValueError(f"“{written[:20]}” is not one key. Give one character, or Enter, Space, Left, Right, Up, Down; or leave it empty.")


def own_keys(wanted: Mapping[str, str]) -> dict[str, str]:
    """What a person changed, checked: {key of the product: their own, "" for none}. Raises Invalid in words for two that collide."""
    changed: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for key, text in wanted.items():
        if key not in KEYS:
            continue
        try:
            own = read_key(text)
        except ValueError as error:
            errors[key] = [str(error)]
            continue
        if own != key:
            changed[key] = own
    taken: dict[str, str] = {}
    for key in KEYS:
        own = changed.get(key, key)
        if own and own in taken:
            errors[key] = [f"{cap(own)} is the key for “{KEYS[taken[own]].whole}” already."]
        elif own:
            taken[own] = key
    if errors:
        raise Invalid(errors, "Two actions cannot have the same key.")
    return changed


def pressed_map(own: Mapping[str, str]) -> dict[str, str]:
    """What the browser needs: {what is pressed: key of the product, "" for nothing}. Only what differs is in it."""
    away = dict.fromkeys(own, "")
    return away | {mine: key for key, mine in own.items() if mine}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the key list, as this person has it."""

    key: str
    does: str
    own: str
    needs: str = ""

    @property
    def cap(self) -> str:
        return cap(self.own)

    @property
    def folded(self) -> bool:
        return self.key == FOLDED

    @property
    def usual(self) -> str:
        return cap(self.key)


def key_rows(own: Mapping[str, str], *, short: bool = False) -> Sequence[tuple[str, Sequence[Row]]]:
    """By group. `short` says each meaning in a line of its own, and nine reasons that nobody moved in one."""
    fold = short and not DIGITS & own.keys()
    groups = []
    for group in GROUPS:
        rows = [
            Row(key=k.key, does=does, own=own.get(k.key, k.key), needs=needs)
            for k in group.keys
            for does, needs in (k.meanings if short else ((k.whole, k.needs),))
            if not (fold and k.key in DIGITS)
        ]
        if fold and any(k.key in DIGITS for k in group.keys):
            rows.insert(0, Row(key=FOLDED, does="Reason, with Shift one more; or the action with this digit", own=FOLDED, needs=_FORM))
        groups.append((group.title, rows))
    return groups
