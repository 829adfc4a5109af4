"""Checks of people: let what was answered count.

A check's verdict changes nothing by itself. Two that differ go to a lead; the lead's word, and that of a third person after a
contest, supersede the decision where they differ from it, with effects, and become the label.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.automation.models import Sample
from console.cases.claiming import actor_of
from console.cases.models import Skip
from console.common.clock import db_now
from console.common.errors import Conflict, Forbidden, NotFound
from console.common.outbox import outbox_put_many
from console.flow.effect import decision_apply, events_of
from console.flow.facts import verdict_facts
from console.intake.models import Item
from console.policies.selectors import document_of
from console.quality.checks import check_close, check_open, golds_withdraw, same_reasons, same_verdict
from console.quality.models import Check, QaReview
from console.scores.models import Decision
from console.scores.services import decision_supersede
from console.verdicts import services as verdicts
from console.verdicts.labels import labels_of
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from scoring.registry import KINDS

GOLD_WAITS = timedelta(hours=1)
LAST_WORD_WITHIN = timedelta(days=1)


def checks_settle(*, limit: int = 500) -> int:
    """Let answers whose undo is over count; returns how many."""
    golds_withdraw(waited=GOLD_WAITS)
    answered = Check.objects.filter(state=Check.State.ANSWERED, answer__state=Verdict.State.GIVEN, answer__undo_until__lte=Now())
    stands = Q(purpose=Check.Purpose.ADJUDICATE, answer__undo_until__gt=Now() - LAST_WORD_WITHIN)
    settled = 0
    for pk in answered.exclude(stands).order_by("pk").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            check = _locked(pk)
            settled += check is not None and _SETTLE[check.purpose](check)
    return settled


def _locked(pk: int) -> Check | None:
    """The item first, as everywhere, then the check: None when it is not answered any more."""
    item_id = Check.objects.values_list("item_id", flat=True).get(pk=pk)
    Item.objects.select_for_update(of=("self",)).get(pk=item_id)
    related = ("answer__policy_version", "about__policy_version", "case__queue", "gold", "qa", "item__source")
    return Check.objects.select_related(*related).filter(pk=pk, state=Check.State.ANSWERED).first()


def _answer_of(check: Check) -> Verdict:
    if check.answer is None:
        raise Conflict("This check has no answer yet.", code="not_answered")
    return check.answer


def _settle_gold(check: Check) -> bool:
    """Who said the answer while they held the case, or before their own counted, repeats what they said: that measures nobody."""
    answer, gold = _answer_of(check), check.gold
    if gold is not None and gold.known_to.filter(pk=answer.reviewer_id).exists():
        return check_close(check=check, result=Check.Result.NONE)
    right = gold is not None and answer.outcome == gold.outcome and same_reasons(gold.outcome, gold.clauses, answer.clauses)
    return check_close(check=check, result=Check.Result.SAME if right else Check.Result.OTHER)


def _settle_second(check: Check) -> bool:
    """Two who agree make the label surer; two who differ go to a lead, who is neither of them."""
    answer, first = _answer_of(check), check.about
    if first is None or first.state != Verdict.State.GIVEN:  # corrected meanwhile: nothing is left to compare
        return check_close(check=check, result=Check.Result.NONE)
    same = same_verdict(first, answer)
    closed = check_close(check=check, result=Check.Result.SAME if same else Check.Result.OTHER)
    if closed and same:
        _labels_put(check, answer, _form_of(answer), source=Label.Source.SECOND)
    elif closed:
        case = check.case
        check_open(
            purpose=Check.Purpose.ADJUDICATE, item=check.item, queue=case.queue, severity=case.severity, label=case.label,
            probability=None, about=first, parent=check,
        )  # fmt: skip
    return closed


def _settle_adjudication(check: Check) -> bool:
    """Nobody came back to it in a day: the blind verdict stands."""
    return _conclude(check, _form_of(_answer_of(check)), actor="system")


def _settle_contest(check: Check) -> bool:
    answer, about, qa = _answer_of(check), check.about, check.qa
    if about is None or qa is None or not _conclude(check, _form_of(answer), actor="system"):
        return False
    QaReview.objects.filter(pk=qa.pk).update(settled="reviewer" if same_verdict(about, answer) else "lead")
    return True


def _settle_audit(check: Check) -> bool:
    """What was said blind is a label whatever comes of it. Where it differs from what the machine put in force, a lead decides."""
    answer = _answer_of(check)
    said = Sample.objects.select_related("decision").get(check_case=check).decision
    reasons = [said.clause] if said.clause else []
    same = said.outcome == answer.outcome and same_reasons(said.outcome, reasons, answer.clauses)
    if not check_close(check=check, result=Check.Result.SAME if same or said.outcome == "review" else Check.Result.OTHER):
        return False
    _labels_put(check, answer, _form_of(answer), source="audit")
    if not same and said.automated and said.state == Decision.State.EFFECTIVE:
        case = check.case
        check_open(
            purpose=Check.Purpose.ADJUDICATE, item=check.item, queue=case.queue, severity=max(case.severity, answer.severity),
            label=case.label, probability=None, about=answer, parent=check,
        )  # fmt: skip
    return True


_SETTLE: dict[str, Callable[[Check], bool]] = {
    Check.Purpose.GOLD: _settle_gold, Check.Purpose.SECOND: _settle_second, Check.Purpose.ADJUDICATE: _settle_adjudication,
    Check.Purpose.CONTEST: _settle_contest, Check.Purpose.AUDIT: _settle_audit,
}  # fmt: skip


@transaction.atomic
def adjudication_close(*, check_id: int, lead: User, form: VerdictForm | None = None) -> Check:
    """The lead's last word, with both verdicts in view: what they said blind, or `form` in its place. Raises NotFound, Forbidden
    for anybody but who decided it blind, Conflict before undo is over and after it was closed, Invalid for the form."""
    if not Check.objects.filter(pk=check_id, purpose=Check.Purpose.ADJUDICATE).exists():
        raise NotFound("There is no such disagreement.")
    check = _locked(check_id)
    if check is None or check.answer is None:
        raise Conflict("It was closed already, or is not decided blind yet.", code="not_answered")
    if check.answer.reviewer_id != lead.pk:
        raise Forbidden("Who decided it blind has the last word.")
    if check.answer.undo_until > db_now():
        raise Conflict("Your verdict can still be undone; wait a few seconds.", code="undo_open")
    if form is not None:
        form = verdicts.form_check(form, document_of(check.answer.policy_version), check.item, KINDS[check.item.kind].record_fields)
    if not _conclude(check, form or _form_of(check.answer), actor=actor_of(lead)):
        raise Conflict("It was closed already.", code="closed")
    check.refresh_from_db()
    return check


def _conclude(check: Check, form: VerdictForm, *, actor: str) -> bool:
    """This is what the item is: the label, and the decision where it says something else. False when somebody else closed it."""
    answer = _answer_of(check)
    if Decision.objects.filter(item=check.item, state=Decision.State.HELD).exists():
        return False  # somebody corrects it in this moment
    same = check.about is not None and check.about.outcome == form.outcome
    same = same and check.about is not None and same_reasons(form.outcome, check.about.clauses, list(form.clauses))
    if not check_close(check=check, result=Check.Result.SAME if same else Check.Result.OTHER):
        return False
    Check.objects.filter(pk=check.pk).update(final={"outcome": form.outcome, "clauses": list(form.clauses)})
    _labels_put(check, answer, form, source=Label.Source.ADJUDICATED)
    superseded = _supersede(check.item, answer, form)
    audit_append(
        actor=actor, verb=f"check.{check.purpose}_closed", subject=f"case:{check.case_id}", item_id=check.item_id,
        data={"outcome": form.outcome, "clauses": list(form.clauses), "changed": superseded},
    )  # fmt: skip
    return True


def _supersede(item: Item, answer: Verdict, form: VerdictForm) -> bool:
    """Put the final word in force where what is in force says something else."""
    now = Decision.objects.filter(item=item, state=Decision.State.EFFECTIVE).first()
    if now is not None and now.outcome == form.outcome and (form.outcome == "allow" or not now.clause or now.clause in form.clauses):
        return False
    facts = verdict_facts(item, form, document_of(answer.policy_version))
    in_force = list(item.actions.filter(state="active").order_by("pk").values_list("action", flat=True))
    score = item.scores.only("pk", "model").order_by("-pk").first()
    decision = decision_supersede(item=item, facts=facts, policy_version=answer.policy_version, score=score)
    decision_apply(decision)
    outbox_put_many(events_of(decision, takes_back=in_force))
    return True


def _form_of(verdict: Verdict) -> VerdictForm:
    return VerdictForm(
        outcome=verdict.outcome, action=verdict.action or None, clauses=tuple(verdict.clauses), fields=verdict.fields,
        severity=verdict.severity, certain=verdict.certain,
    )  # fmt: skip


def _labels_put(check: Check, answer: Verdict, form: VerdictForm, *, source: str) -> None:
    """Given blind, so they may test a model as well as train it. An adjudication was drawn when its second look was;
    where somebody asked for either, nothing was."""
    document = document_of(answer.policy_version)
    found = labels_of(
        document=document, outcome=form.outcome, clauses=tuple(form.clauses), fields=form.fields, given=None, action=form.action
    )
    drawn = (check.parent or check).probability
    Label.objects.bulk_create(
        Label(
            item=check.item, name=name, value=value, source=source, verdict=answer, reviewer=answer.reviewer, propensity=drawn,
            spans=answer.spans if value else [],
        )
        for name, value in found.items()
    )


@transaction.atomic
def qa_contest(*, review_id: int, reviewer: User, why: str) -> QaReview:
    """The reviewer does not agree with the lead: a third person decides, blind."""
    review = QaReview.objects.select_related("verdict__case__queue", "verdict__item").filter(pk=review_id).first()
    if review is None or review.verdict.reviewer_id != reviewer.pk:
        raise NotFound("There is no such review of a verdict of yours.")
    if review.finding == QaReview.Finding.AGREE:
        raise Conflict("There is nothing to contest: the lead agrees with you.", code="agreed")
    if not QaReview.objects.filter(pk=review.pk, contested_at=None).update(contested_at=Now(), contest=why.strip()[:2000], read_at=Now()):
        raise Conflict("You contested it already.", code="contested")
    verdict, case = review.verdict, review.verdict.case
    check = check_open(
        purpose=Check.Purpose.CONTEST, item=verdict.item, queue=case.queue, severity=case.severity, label=case.label, probability=None,
        about=verdict, qa=review, actor=actor_of(reviewer),
    )  # fmt: skip
    Skip.objects.get_or_create(case_id=check.case_id, reviewer_id=review.reviewed_by_id, defaults={"reason": "earlier"})
    review.refresh_from_db()
    return review
