"""The statement of reasons (DSA article 17), with the field and value names of the EU Transparency Database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from console.intake.models import Item
from scoring.policy import Clause, PolicyDocument

# action -> the one restriction it is. What is not here is told as "other" in the words of the policy.
RESTRICTIONS: dict[str, tuple[str, str]] = {
    "remove": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_REMOVED"),
    "hide": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_DISABLED"),
    "hold": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_DISABLED"),
    "label": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_LABELLED"),
    "age_gate": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"),
    "demote": ("decision_visibility", "DECISION_VISIBILITY_CONTENT_DEMOTED"),
    "restrict": ("decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
    "mute": ("decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
    "cancel": ("decision_provision", "DECISION_PROVISION_PARTIAL_TERMINATION"),
    "suspend": ("decision_account", "DECISION_ACCOUNT_SUSPENDED"),
    "ban": ("decision_account", "DECISION_ACCOUNT_TERMINATED"),
}
_OTHER = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
_SPEECH, _CYBER = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "STATEMENT_CATEGORY_CYBER_VIOLENCE"
_FRAUD, _VIOLENCE = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_VIOLENCE"

# model label -> category and keyword
CATEGORIES: dict[str, tuple[str, str]] = {
    "hate": (_SPEECH, "KEYWORD_HATE_SPEECH"),
    "harassment": (_CYBER, "KEYWORD_CYBER_HARASSMENT"),
    "threat": (_VIOLENCE, "KEYWORD_INCITEMENT_VIOLENCE_HATRED"),
    "violence": (_VIOLENCE, "KEYWORD_OTHER"),
    "extremism": ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "KEYWORD_TERRORIST_CONTENT"),
    "self_harm": ("STATEMENT_CATEGORY_SELF_HARM", "KEYWORD_OTHER"),
    "sexual": (_OTHER, "KEYWORD_ADULT_SEXUAL_MATERIAL"),
    "nudity": (_OTHER, "KEYWORD_NUDITY"),
    "profanity": (_OTHER, "KEYWORD_OTHER"),
    "spam": (_OTHER, "KEYWORD_HIDDEN_ADVERTISEMENT"),
    "private_data": ("STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "KEYWORD_OTHER"),
    "scam": (_FRAUD, "KEYWORD_OTHER"),
    "fraud": (_FRAUD, "KEYWORD_OTHER"),
    "off_platform": (_FRAUD, "KEYWORD_OTHER"),
    "impersonation": (_FRAUD, "KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING"),
}
_CONTENT_TYPES = (  # by what the payload holds
    ("media", "CONTENT_TYPE_VIDEO"),
    ("images", "CONTENT_TYPE_IMAGE"),
    ("text", "CONTENT_TYPE_TEXT"),
    ("messages", "CONTENT_TYPE_TEXT"),
)


class Reasons(Protocol):
    """The part of a decision (a row, or the facts of one to be) that a statement rests on."""

    @property
    def outcome(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def clause(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def automated(self) -> bool: ...


def statement_of_reasons(item: Item, decision: Reasons, policy: PolicyDocument, *, machine_read: bool = True) -> dict[str, Any]:
    """What the affected person is told, as JSON; {} for a decision that restricts nothing.

    `machine_read`: a model or rule had read the item before anybody decided. Pure: no query, no write.
    Names: digital-services-act/transparency-database, app/Models/Statement.php.
    """
    if decision.outcome != "enforce":
        return {}
    action = decision.action or policy.actions[0]
    clause = _clause(decision, policy)
    category, keyword = _category(decision, clause)
    title = clause.title if clause else policy.title
    seen_by_machine = machine_read or decision.automated
    return {
        **_restriction(action),
        "category": category,
        "category_specification": [keyword],
        "decision_facts": decision.sentence,
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": f"{clause.id} {title}" if clause else title,
        "incompatible_content_explanation": (clause.text or clause.test) if clause else "",
        "incompatible_content_illegal": "INCOMPATIBLE_CONTENT_ILLEGAL_NO",
        "content_type": _content_types(item.payload),
        "content_date": item.created_at.date().isoformat(),
        "source_type": "SOURCE_TYPE_OTHER_NOTIFICATION" if item.reports else "SOURCE_VOLUNTARY",
        "automated_detection": "AUTOMATED_DETECTION_YES" if seen_by_machine else "AUTOMATED_DETECTION_NO",
        "automated_decision": _automated(decision.automated, seen_by_machine),
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "action": action,
        "redress": "You can ask the platform to look again, free of charge, within six months. A person who has not decided it will.",
    }


def _clause(decision: Reasons, policy: PolicyDocument) -> Clause | None:
    return next((c for c in policy.clauses if c.id == decision.clause), None) or policy.clause_for(decision.label or None)


def _category(decision: Reasons, clause: Clause | None) -> tuple[str, str]:
    labels = [decision.label, *(clause.labels if clause else ())]
    return next((CATEGORIES[label] for label in labels if label in CATEGORIES), (_OTHER, "KEYWORD_OTHER"))


def _restriction(action: str) -> dict[str, Any]:
    """Exactly one group of fields is filled; visibility takes a list there."""
    field, value = RESTRICTIONS.get(action, ("decision_visibility", "DECISION_VISIBILITY_OTHER"))
    if field != "decision_visibility":
        return {field: value}
    other = {"decision_visibility_other": action} if value == "DECISION_VISIBILITY_OTHER" else {}
    return {field: [value], **other}


def _content_types(payload: Mapping[str, Any]) -> list[str]:
    found = sorted({value for key, value in _CONTENT_TYPES if payload.get(key)})
    return found or ["CONTENT_TYPE_OTHER"]


def _automated(alone: bool, helped: bool) -> str:
    if alone:
        return "AUTOMATED_DECISION_FULLY"
    return "AUTOMATED_DECISION_PARTIALLY" if helped else "AUTOMATED_DECISION_NOT_AUTOMATED"
