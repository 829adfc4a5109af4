"""What is missing before the machine may decide a band alone, and what to do about it, for somebody who is new to the page."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from console.automation.models import AuditPlan
from console.automation.workload import Workload
from console.ui.automation_bands import Band
from console.ui.words import percent
from scoring.policy import PolicyDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    done: bool
    title: str
    say: str
    href: str = ""
    link: str = ""


def steps_of(band: Band, *, document: PolicyDocument, plan: AuditPlan | None, load: Workload | None, waiting: int) -> list[Step]:
    """In order; none for a band that is certified and acts. `waiting`: audits that are drawn and open."""
    if band.certificate is not None and document.automation == "certified":
        return []
    return [_served(band), _limited(band), _audited(band, plan, load, waiting), _asked_for(band, document)]


def _served(band: Band) -> Step:
    many, place = band.kind.words.many, reverse("models:kind", args=[band.kind.name])
    if band.served:
        return Step(done=True, title="A model serves", say=f"It scores all {many} that come.")
    return Step(
        done=False, title="No model serves", href=place, link="Models", say=f"Nothing scores {many}, so every one of them goes to a person."
    )  # fmt: skip


def _limited(band: Band) -> Step:
    if band.rule.is_on:
        return Step(done=True, title="A limit is set", say=f"You accept that {band.percent} in 100 are wrong.")
    return Step(
        done=False, title="No limit is set", href="#limit", link="Set the limit",
        say="Without one the machine may not decide alone, whatever the audits say. An admin sets it.",
    )  # fmt: skip


def _audited(band: Band, plan: AuditPlan | None, load: Workload | None, waiting: int) -> Step:
    proof = band.looked.proof if band.looked else None
    if band.certificate is not None or band.provable:
        return Step(done=True, title="Enough is checked blind", say="The error is proven small enough.")
    known = proof.audits if proof else 0
    needs = f"at least {band.first:,}"
    title = f"{known:,} of {needs} are checked blind" if known else f"Nothing is checked blind yet, and {needs} must be"
    more = f"At least {proof.missing:,} more, if none of them is wrong. " if known and proof and proof.missing else ""
    return Step(done=False, title=title, say=f"{more}{_how(band, plan, load, waiting)}")


def _how(band: Band, plan: AuditPlan | None, load: Workload | None, waiting: int) -> str:
    """Where the next checks come from."""
    words = band.kind.words
    if waiting:
        one = waiting == 1
        return f"{waiting:,} {'waits' if one else 'wait'} in the queues and {'looks' if one else 'look'} like any other case: decide cases."
    if plan is None:
        return "Nothing is drawn, because there is no plan of audits for this kind."
    rates = f"{percent(plan.review_rate)} of what goes to people and {percent(plan.allow_rate)} of what is {words.allowed.lower()} alone"
    if load is None:
        return f"No {words.one} was decided in the last seven days, so there is nothing to draw from. Of what comes next, {rates} is drawn."
    return f"Of what comes, {rates} is drawn by chance. For more at once, draw from the last seven days; then decide cases."


def _asked_for(band: Band, document: PolicyDocument) -> Step:
    if document.automation == "certified":
        return Step(done=True, title="The policy asks for certificates", say="One acts as soon as it is proven.")
    now = "People decide everything." if document.automation == "off" else "Marks that nobody certified decide meanwhile."
    return Step(
        done=False, title=f"The policy says “{document.automation}”", href=reverse("policies:kind", args=[band.kind.name]),
        link="Open the policy", say=f"A certificate acts once it says “certified”. {now}",
    )  # fmt: skip
