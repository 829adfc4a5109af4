"""What must stay on one side of a split: items of one account, one conversation, one device, and near-duplicates.

Items are joined through every shared attribute. A value that a large share of all items carries (a house account, a
mail provider) says nothing about who is behind it and joins nothing; otherwise one group would swallow the set.
Near-duplicates are found by the fingerprints of texts and films (scoring.alike); a flood of one text is one group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from scoring.alike import ALIKE, Fingerprint, similarity
from scoring.kind import Kind
from scoring.training.dataset import item_from_line
from scoring.types import Json

COMMON_AT_LEAST = 20
COMMON_SHARE = 0.1
LOOKS = 8  # texts that a new one is compared with for each band: of a flood, the first few speak for all
Key = tuple[str, str]
Prints = Mapping[str, Fingerprint]  # by id of the item


class Union:
    """Disjoint sets of numbers; a set is named after its lowest."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low


def group_names(kind: Kind, lines: Sequence[dict[str, Json]], prints: Prints) -> list[str | None]:
    """One group for each line, None for a line that shares nothing; a group is named after its first line."""
    union = Union(len(lines))
    for _, indices in shared(kind, lines):
        for index in indices[1:]:
            union.join(indices[0], index)
    for one, other in near_pairs([prints.get(str(line["id"])) for line in lines]):
        union.join(one, other)
    sizes: dict[int, int] = defaultdict(int)
    for i in range(len(lines)):
        sizes[union.root(i)] += 1
    return [str(lines[union.root(i)]["id"]) if sizes[union.root(i)] > 1 else None for i in range(len(lines))]


def shared(kind: Kind, lines: Sequence[dict[str, Json]]) -> Iterator[tuple[Key, list[int]]]:
    """(what is shared, the lines that share it), for all that ties items together."""
    holders: dict[Key, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        for key in _keys(kind, line):
            holders[key].append(index)
    limit = max(COMMON_AT_LEAST, COMMON_SHARE * len(lines))
    for key, indices in sorted(holders.items()):
        if len(indices) > 1 and (key[0] == "conversation" or len(indices) <= limit):
            yield key, indices


def near_pairs(prints: Sequence[Fingerprint | None]) -> Iterator[tuple[int, int]]:
    """Pairs that tie all near-duplicates together; in time proportional to the number of prints."""
    seen: dict[int, list[int]] = defaultdict(list)
    for index, found in enumerate(prints):
        tried: set[int] = set()
        for band in found.bands if found else ():
            looks = seen[band]
            for other in looks:
                print_of_other = prints[other]
                if other not in tried and found and print_of_other and similarity(found, print_of_other) >= ALIKE:
                    yield other, index
                tried.add(other)
            if len(looks) < LOOKS:
                looks.append(index)


def _keys(kind: Kind, line: dict[str, Json]) -> set[Key]:
    keys = {(f"key:{name}", str(value)) for name, value in kind.keys(item_from_line(kind, line)).items()}
    if actor := (line.get("actor") or {}).get("id"):
        keys.add(("actor", str(actor)))
    if conversation := line.get("conversation"):
        keys.add(("conversation", str(conversation)))
    return keys
