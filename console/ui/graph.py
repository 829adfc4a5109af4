"""A LinksBlock as a drawing: this item, what it shares, who shares it, and who shares something with those, from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.urls import reverse

from scoring.blocks import LinkedItem, LinksBlock

WIDTH = 640  # whatever is shown, so that the letters keep their size
ITEM, ATTRIBUTE = 150, 120  # widths of nodes of three columns
ITEM_SLIM, ATTRIBUTE_SLIM = 112, 102  # and of five
HEIGHT, PITCH = 40, 50


@dataclass(slots=True)
class Node:
    title: str
    sub: str
    x: int
    width: int
    tone: str = ""  # this, hot, ""
    address: str = ""
    y: float = 0.0
    before: list[Node] = field(default_factory=list)  # what it hangs on, one column to the left

    @property
    def left(self) -> str:
        return f"{self.x}"

    @property
    def top(self) -> str:
        return f"{self.y:.0f}"

    @property
    def middle(self) -> str:
        return f"{self.x + self.width / 2:.0f}"

    @property
    def first_line(self) -> str:
        return f"{self.y + (17 if self.sub else 25):.0f}"

    @property
    def second_line(self) -> str:
        return f"{self.y + 32:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    path: str
    hot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    width: int
    height: int
    label: str  # the same in one sentence
    nodes: Sequence[Node]
    edges: Sequence[Edge]


def item_address(item_id: str) -> str:
    """Ids of this installation are UUIDs; anything else is not linked."""
    try:
        return reverse("ui:item", args=[UUID(item_id)])
    except ValueError:
        return ""


def graph_of(block: LinksBlock) -> Graph | None:
    """None when nothing is linked."""
    if not block.linked:
        return None
    near, far = [row for row in block.linked if not row.by], [row for row in block.linked if row.by]
    item, attribute, count = (ITEM_SLIM, ATTRIBUTE_SLIM, 5) if far else (ITEM, ATTRIBUTE, 3)
    gap = (WIDTH - item * (count + 1) // 2 - attribute * (count // 2)) // (count - 1)
    at = [i // 2 * (item + attribute + 2 * gap) + i % 2 * (item + gap) for i in range(count)]
    this = Node(block.this, "", 0, item, tone="this")
    shared = _attributes(block, near, this, at[1], attribute)
    items = {row.id: _item(row, [shared[name] for name in row.shares if name in shared], at[2], item) for row in near}
    joints, ends = _second_step(far, items, at[3:], attribute)
    columns: list[list[Node]] = [list(shared.values()), list(items.values()), joints, ends]
    tall = max(len(column) for column in columns) * PITCH - (PITCH - HEIGHT)
    this.y = (tall - HEIGHT) / 2
    _settle(columns[1], ((i * tall / max(1, len(items)), node) for i, node in enumerate(columns[1])), tall)
    for column, neighbours in ((columns[0], columns[1]), (joints, None), (ends, None)):
        _settle(column, ((_wish(node, neighbours), node) for node in column), tall)
    nodes = [this, *(node for column in columns for node in column)]
    edges = [_edge(one, node) for node in nodes for one in node.before]
    return Graph(width=WIDTH + 2, height=round(tall) + 2, label=_label(block, near, far), nodes=nodes, edges=edges)


def _attributes(block: LinksBlock, near: Sequence[LinkedItem], this: Node, x: int, width: int) -> dict[str, Node]:
    notes = {link.attribute: (link.others, link.note) for link in block.links}
    found: dict[str, Node] = {}
    for name in dict.fromkeys(name for row in near for name in row.shares):
        sharing = [row for row in near if name in row.shares]
        count = max(notes.get(name, (0, ""))[0], len(sharing))
        sub = notes.get(name, (0, ""))[1] or f"{count} {'other' if count == 1 else 'others'}"
        tone = "hot" if any(row.tone == "bad" for row in sharing) else ""
        found[name] = Node(name, sub, x, width, tone=tone, before=[this])
    return found


def _item(row: LinkedItem, before: list[Node], x: int, width: int) -> Node:
    return Node(row.name, row.ended, x, width, tone="hot" if row.tone == "bad" else "", address=item_address(row.id), before=before)


def _second_step(
    far: Sequence[LinkedItem], items: Mapping[str, Node], at: Sequence[int], attribute: int
) -> tuple[list[Node], list[Node]]:
    joints: dict[tuple[str, str], Node] = {}
    ends = []
    for row in far:
        if row.by not in items:
            continue
        name = row.shares[0]
        joint = joints.setdefault((row.by, name), Node(name, "shared", at[0], attribute, before=[items[row.by]]))
        ends.append(_item(row, [joint], at[1], ITEM_SLIM))
        joint.tone = joint.tone or ends[-1].tone
    return list(joints.values()), ends


def _wish(node: Node, neighbours: Sequence[Node] | None) -> float:
    """The height at which its lines are shortest: that of its neighbours to the right, else of what it hangs on."""
    around = [other.y for other in neighbours if node in other.before] if neighbours else [one.y for one in node.before]
    return sum(around) / len(around) if around else 0.0


def _settle(column: list[Node], wishes: Iterable[tuple[float, Node]], tall: float) -> None:
    """Place the nodes of a column as near to their wish as their height lets them, in the order of the wishes."""
    ranked = sorted(wishes, key=lambda pair: pair[0])
    floor = 0.0
    for wish, node in ranked:
        node.y = floor = max(wish, floor)
        floor += PITCH
    ceiling = tall - HEIGHT
    for _, node in reversed(ranked):
        node.y = min(node.y, ceiling)
        ceiling = node.y - PITCH
    column.sort(key=lambda node: node.y)


def _edge(one: Node, other: Node) -> Edge:
    x1, y1, x2, y2 = one.x + one.width, one.y + HEIGHT / 2, other.x, other.y + HEIGHT / 2
    bend = (x1 + x2) / 2
    return Edge(path=f"M{x1} {y1:.0f}C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f} {x2} {y2:.0f}", hot=other.tone == "hot")


def _label(block: LinksBlock, near: Sequence[LinkedItem], far: Sequence[LinkedItem]) -> str:
    counts: dict[str, int] = {}
    for row in near:
        for name in row.shares:
            counts[name] = counts.get(name, 0) + 1
    told = ", ".join(f"{name.lower()} with {count}" for name, count in counts.items())
    more = f"; {len(far)} more share something with those" if far else ""
    return f"{block.this} shares {told}{more}. The table below says the same."
