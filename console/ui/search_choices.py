"""What the search form offers, in the words of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.accounts.models import Source, User
from console.accounts.roles import PEOPLE
from console.insights.search.filters import Viewer
from console.policies.selectors import active_policies
from console.ui.screen import action_title
from console.ui.words import SEVERITY_WORDS
from scoring.policy import PolicyDocument
from scoring.registry import KINDS

STATUSES = (("received", "Waits for a score"), ("in_review", "With people"), ("decided", "Decided"))
OUTCOMES = (("allow", "Let through"), ("enforce", "Acted on"))
BY = (("person", "People"), ("machine", "The machine"))
BANDS = (("low", "Up to 3 in 10"), ("middle", "4 to 6 in 10"), ("high", "7 in 10 and more"))
SEVERITIES = tuple((str(level), f"{word} and more" if level < 3 else word) for level, word in enumerate(SEVERITY_WORDS) if level)
REPORTS = (("1", "1 or more"), ("2", "2 or more"), ("5", "5 or more"), ("20", "20 or more"))
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    title: str
    value: str
    errors: Sequence[str] = ()
    choices: Pairs = ()
    kind: str = "text"  # of the input, where there is nothing to choose from
    hint: str = ""

    @property
    def id(self) -> str:
        return f"f-{self.name}"


def fields_of(viewer: Viewer, values: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> dict[str, list[Field]]:
    """`first` are always seen, `further` once asked for or in use."""

    def field(name: str, title: str, choices: Pairs = (), **more: str) -> Field:
        return Field(name=name, title=title, value=values.get(name, ""), errors=errors.get(name, ()), choices=choices, **more)

    kinds = [kind for name, kind in KINDS.items() if name not in viewer.closed_kinds]
    documents = [document for kind, document in active_policies().items() if kind not in viewer.closed_kinds]
    first = [
        field("kind", "Kind", [(kind.name, kind.words.many.capitalize()) for kind in kinds]), field("status", "State", STATUSES),
        field("outcome", "Outcome", OUTCOMES), field("since", "Received from", kind="date"), field("until", "Before", kind="date"),
    ]  # fmt: skip
    further = [
        field("source", "Source", list(Source.objects.order_by("name").values_list("slug", "name"))),
        field("author", "Account, as a whole"), field("external_id", "External id, as a whole"),
        field("language", "Language", hint="en"), field("reports", "Reports", REPORTS), field("by", "Decided by", BY),
        field("reviewer", "Reviewer", _people()), field("label", "Label", _labels(documents)),
        field("action", "Action", _actions(documents)),
        field("severity", "Severity", SEVERITIES), field("score", "The machine’s chance", BANDS),
        field("decided_since", "Decided from", kind="date"), field("decided_until", "Decided before", kind="date"),
    ]  # fmt: skip
    return {"first": first, "further": further}


def _people() -> Pairs:
    people = User.objects.filter(groups__name__in=[role.value for role in PEOPLE], is_service=False).distinct().order_by("username")
    return [(user.username, user.display_name) for user in people[:300]]


def _labels(documents: Sequence[PolicyDocument]) -> Pairs:
    titles: dict[str, str] = {}
    for clause in (clause for document in documents for clause in document.clauses):
        for label in clause.labels:
            titles.setdefault(label, clause.title)
    return sorted(titles.items(), key=lambda pair: pair[1])


def _actions(documents: Sequence[PolicyDocument]) -> Pairs:
    return [(name, action_title(name)) for name in sorted({action for document in documents for action in document.actions})]
