"""How often a question was asked. Each look spends some of its doubt, so that whoever asks often enough does not prove by luck."""

from __future__ import annotations

from console.automation.models import AutomationRule, Certificate

MOST_LOOKS = 19  # of the doubt of a part at 99 in 100, the next would leave less than a number can hold
_ASKED = ("risk", "confidence", "basis", "method")


def question_of(rule: AutomationRule, model: str, standard: str) -> str:
    """What was looked into. Each keeps its looks: who asks another and comes back, or serves another model and rolls back, goes on."""
    return "|".join((model, standard, str(float(rule.risk)), str(float(rule.confidence)), rule.basis, rule.method))


def in_vain(rule: AutomationRule, model: str, standard: str) -> dict[str, int]:
    """The last look that proved nothing: its number (`count`) and the audits it had. Empty where there was none."""
    found: dict[str, int] = rule.looks.get(question_of(rule, model, standard), {})
    return found


def looks_of(rule: AutomationRule, model: str, standard: str, *, audits: int) -> tuple[int, int]:
    """(how many were spent, the number of the next). Spent: in vain, and for what was certified, also where that has ended. Where
    nothing was answered since a certificate was made, its proof is the same proof and costs nothing again."""
    asked = {name: getattr(rule, name) for name in _ASKED}
    certified = Certificate.objects.filter(rule_id=rule.pk, model=model, standard=standard, **asked)
    made = certified.order_by("-made_at", "-pk").first()
    spent = max(in_vain(rule, model, standard).get("count", 0), made.look if made else 0)
    again = made is not None and made.look == spent and made.audits == audits
    return spent, spent if again else min(spent + 1, MOST_LOOKS)


def look_spend(rule: AutomationRule, model: str, standard: str, *, count: int, audits: int) -> None:
    """`rule` as it was read under its lock."""
    looks = {**rule.looks, question_of(rule, model, standard): {"count": count, "audits": audits}}
    AutomationRule.objects.filter(pk=rule.pk).update(looks=looks)
