"""What must stay on one side of a split: items of one account, one conversation, one device.

Items are joined through every shared attribute. A value that a large share of all items carries (a house account, a
mail provider) says nothing about who is behind it and joins nothing; otherwise one group would swallow the set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from scoring.kind import Kind
from scoring.training.dataset import item_from_line
from scoring.types import Json

COMMON_AT_LEAST = 20
COMMON_SHARE = 0.1


def group_names(kind: Kind, lines: Sequence[dict[str, Json]]) -> list[str | None]:
    """One group for each line, None for a line that shares nothing; a group is named after its first line."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        for key in _keys(kind, line):
            holders[key].append(index)
    limit = max(COMMON_AT_LEAST, COMMON_SHARE * len(lines))
    parent = list(range(len(lines)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for (name, _), indices in sorted(holders.items()):
        if name == "conversation" or len(indices) <= limit:
            for index in indices[1:]:
                low, high = sorted((root(indices[0]), root(index)))
                parent[high] = low
    sizes: dict[int, int] = defaultdict(int)
    for i in range(len(lines)):
        sizes[root(i)] += 1
    return [str(lines[root(i)]["id"]) if sizes[root(i)] > 1 else None for i in range(len(lines))]


def _keys(kind: Kind, line: dict[str, Json]) -> set[tuple[str, str]]:
    keys = {(f"key:{name}", str(value)) for name, value in kind.keys(item_from_line(kind, line)).items()}
    if actor := (line.get("actor") or {}).get("id"):
        keys.add(("actor", str(actor)))
    if conversation := line.get("conversation"):
        keys.add(("conversation", str(conversation)))
    return keys
