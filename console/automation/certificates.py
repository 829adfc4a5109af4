"""The life of a certificate: proven by audits, checked again each minute, ended by what makes it worth less. Then people decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts.models import Alert
from console.alerts.selectors import alerts_open
from console.alerts.services import alert_clear, alert_raise
from console.audit.services import audit_append
from console.automation.estimates import week_of
from console.automation.evidence import Evidence, auditors_of, evidence_of
from console.automation.looks import MOST_LOOKS, in_vain, look_spend, looks_of
from console.automation.marks import standard_of
from console.automation.models import AutomationRule, Basis, Certificate, Side
from console.automation.parts import MOST_PARTS, band_lock, part_of
from console.common.clock import db_now
from console.common.errors import Conflict
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy
from console.training.selectors import champion
from scoring.certify import SPARE, Limit, Proof, Step, certify, confidence_of_look, decides, needed, upper_bound
from scoring.policy import PolicyDocument
from scoring.registry import KINDS

LASTS = timedelta(days=90)
MORE = 2.0  # times the audits of the last look in vain, before the next one by itself
LEAST_HELD = 1e-5  # below it no number of audits that anybody could answer proves anything
DRIFT = ("score_drift", "feature_drift", "label_shift", "language_mix", "analyser_answers")
BAND_LOST = "band_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A rule against its audits, as it stands; nothing is spent by looking at this."""

    rule: AutomationRule
    model: str
    spent: int  # looks, until now
    look: int  # the number that the next look would have
    held: float  # the risk, after what auditors themselves miss
    evidence: Evidence
    proof: Proof


def look_at(rule: AutomationRule) -> Looked | None:
    """None while no model serves."""
    serving = champion(rule.kind)
    if serving is None:
        return None
    document = active_policy(rule.kind)[1]
    model, standard = str(serving), standard_of(document)
    evidence = evidence_of(kind=rule.kind, model=model, label=rule.label, document=document, part=part_of(rule))
    (spent, look), held = looks_of(rule, model, standard, audits=len(evidence.audits)), risk_held(rule)
    return Looked(
        rule=rule, model=model, spent=spent, look=look, held=held, evidence=evidence,
        proof=certify(evidence.audits, evidence.traffic, limit_of(rule, look=look, held=held)),
    )  # fmt: skip


def limit_of(rule: AutomationRule, *, look: int, held: float) -> Limit:
    """Parts of a band share its doubt: the ten that there may be at one time keep the promise together. The rest is proven on its own,
    as each side is."""
    sure = 1 - (1 - rule.confidence) / (MOST_PARTS if rule.name else 1)
    confidence = confidence_of_look(sure, look)
    values: dict[str, Any] = {"side": rule.side, "method": rule.method, "basis": rule.basis}
    return Limit(risk=held, confidence=confidence, **values)


def risk_held(rule: AutomationRule) -> float:
    """Auditors miss some errors, so those that they find must be fewer: the risk times the share that is found in the end.

    Corrected for: an error counts as found only where the auditor saw it, and the lead who looked after them, blind, saw it too; the
    share of either is the lower end of what known answers prove, at the doubt of the limit. So all in all the bound fails with a chance
    of at most twice that doubt. Not corrected for: before KNOWN_FROM known answers of each sort nothing is, and the page says so; leads
    are taken for as good as everybody, and two people to err apart from each other; false alarms only make the limit stricter.
    """
    who = auditors_of(rule.kind)
    if who is None:
        return rule.risk
    sure = (who if rule.side == Side.ALLOW else who.turned()).surely(1 - rule.confidence).confirmed()
    return max(LEAST_HELD, rule.risk * sure.catches)


def certificate_valid(rule: AutomationRule) -> Certificate | None:
    rows = Certificate.objects.filter(kind=rule.kind, label=rule.label, side=rule.side, cut=rule.cut, name=rule.name)
    return rows.filter(state=Certificate.State.VALID).first()


@transaction.atomic
def certificate_try(*, rule_id: int, user: User | None = None) -> Certificate | None:
    """Look once, and certify the widest mark that is proven; else what is valid stays, or None, and that look is spent. What was valid
    before ends when a wider mark, or one of another model, takes its place. Raises Conflict where the rule is off, no model serves, no
    look is left, or what would be certified would end at once."""
    band_lock(AutomationRule.objects.get(pk=rule_id))
    rule = AutomationRule.objects.select_for_update().get(pk=rule_id)
    looked = look_at(rule) if rule.is_on else None
    if looked is None:
        raise Conflict("No model serves, or the limit is switched off: there is nothing to certify.", code="nothing_to_certify")
    version, document = active_policy(rule.kind)
    standard, actor = standard_of(document), _actor(user)
    before = certificate_valid(rule)
    stands = before if before and (before.model, before.standard) == (looked.model, standard) else None
    last, audits = in_vain(rule, looked.model, standard), looked.proof.audits
    if last.get("audits") == audits or (stands and stands.audits == audits):
        return stands  # nothing was answered since the last look: it would find the same, and spends nothing
    if looked.spent >= MOST_LOOKS:
        sentence = f"It was looked at {MOST_LOOKS} times, and no doubt is left to spend. Another model or limit is another question."
        raise Conflict(sentence, code="no_look_left")
    chosen = looked.proof.chosen
    if chosen is None or (stands and not _wider(chosen, stands)):
        look_spend(rule, looked.model, standard, count=looked.look, audits=audits)
        data = {"model": looked.model, "standard": standard, "audits": audits, "count": looked.look, "missing": looked.proof.missing}
        audit_append(actor=actor, verb="certificate.not_yet", subject=subject_of(rule), data=data)
        return stands
    made = _proven(looked, chosen, version, document)
    against = next(_audits_against(made, document), "")
    if against:
        raise Conflict(against, code="audits_against")
    if before is not None:
        certificate_end(before, state=Certificate.State.EXPIRED, why="Another mark is proven now.", user=user, replaced=True)
    made.made_by = user
    made.save(force_insert=True)
    made.refresh_from_db()
    alert_clear(code=BAND_LOST, kind=rule.kind, subject=_band(rule), why="It is certified again.")
    data = {"certificate": made.pk, "threshold": made.threshold, "of": made.of, "wrong": made.wrong, "upper": made.upper, "risk": made.risk}
    audit_append(actor=actor, verb="certificate.made", subject=subject_of(rule), data={**data, "model": made.model})
    return made


def _wider(chosen: Step, stands: Certificate) -> bool:
    return not decides(stands.side, stands.threshold, chosen.threshold)


def _proven(looked: Looked, chosen: Step, version: PolicyVersion, document: PolicyDocument) -> Certificate:
    """Unsaved. What auditors find is less than there is, so its bound is brought back to all there is."""
    rule, evidence = looked.rule, looked.evidence
    data = {
        "look": looked.look, "held": looked.held, "doubt": chosen.doubt, "since": evidence.since.isoformat(),
        "until": evidence.until.isoformat(), "late": evidence.late,
    }  # fmt: skip
    return Certificate(
        rule=rule, kind=rule.kind, label=rule.label, side=rule.side, cut=rule.cut, name=rule.name, basis=rule.basis, method=rule.method,
        risk=rule.risk, confidence=rule.confidence, model=looked.model, policy_version=version, standard=standard_of(document),
        threshold=chosen.threshold, audits=looked.proof.audits, of=chosen.of, wrong=chosen.wrong,
        upper=min(chosen.upper * rule.risk / looked.held, rule.risk), coverage=chosen.coverage, data=data, ends_at=db_now() + LASTS,
    )  # fmt: skip


@transaction.atomic
def certificate_end(certificate: Certificate, *, state: str, why: str, user: User | None = None, replaced: bool = False) -> bool:
    """People decide again from the next batch on. False when it had ended already."""
    rows = Certificate.objects.filter(pk=certificate.pk, state=Certificate.State.VALID)
    if not rows.update(state=state, why=why[:300], ended_at=Now()):
        return False
    audit_append(
        actor=_actor(user), verb="certificate.ended", subject=subject_of(certificate.rule),
        data={"certificate": certificate.pk, "state": state, "why": why, "replaced": replaced},
    )  # fmt: skip
    if state == Certificate.State.EXPIRED and not replaced:
        kept = "lets through" if certificate.side == Side.ALLOW else "acts on"
        of = f" ({certificate.cut} {certificate.name})" if certificate.name else ""
        sentence = f"What the machine {kept} among {KINDS[certificate.kind].words.many}{of} goes back to people. {why}"
        alert_raise(
            code=BAND_LOST, kind=certificate.kind, subject=_band(certificate), level=Alert.Level.WARNING, sentence=sentence,
            data={
                "certificate": certificate.pk, "side": certificate.side, "label": certificate.label, "cut": certificate.cut,
                "name": certificate.name, "why": why,
            },
        )  # fmt: skip
    return True


def certificates_check(*, audits: bool = True) -> int:
    """End what is not worth its paper any more; returns how many ended. Without `audits` only what costs next to nothing is asked."""
    ended = 0
    for row in Certificate.objects.filter(state=Certificate.State.VALID).select_related("rule").order_by("pk"):
        document = active_policy(row.kind)[1]
        why = next(_reasons(row, document), "") or (next(_audits_against(row, document), "") if audits else "")
        ended += bool(why) and certificate_end(row, state=Certificate.State.EXPIRED, why=why)
    return ended


def _reasons(row: Certificate, document: PolicyDocument) -> Iterator[str]:
    """Why it ends, whatever the audits say."""
    serving = champion(row.kind)
    if str(serving) != row.model:
        yield f"Another model serves now: {serving or 'none'}."
    if standard_of(document) != row.standard:
        yield "The clauses of the policy were changed."
    if row.ends_at <= db_now():
        yield f"It is {LASTS.days} days old."
    drift = alerts_open(kind=row.kind).filter(code__in=DRIFT).exclude(level=Alert.Level.NOTICE).first()
    if drift is not None:
        yield f"What comes in has changed: {drift.sentence}"


def _audits_against(row: Certificate, document: PolicyDocument) -> Iterator[str]:
    """The newest audits: those of the week, drawn with any chance; and all even ones of the band that the certificate may rest on."""
    week = week_of(row, document)
    if week is not None and week.low > row.risk:
        yield f"This week’s audits found {week.value:.1%} wrong ({week.low:.1%} to {week.high:.1%}), above the limit of {row.risk:.1%}."
    held, doubt = float(row.data["held"]), 1 - row.confidence
    evidence = evidence_of(kind=row.kind, model=row.model, label=row.label, document=document, part=part_of(row.rule))
    proof = certify(evidence.audits, evidence.traffic, limit_of(row.rule, look=1, held=held))
    step = next((step for step in proof.steps if step.threshold == row.threshold), None)
    if step is None or upper_bound(step.wrong, step.of, doubt) > held:
        said = f"{step.wrong} of {step.of}" if step else "none"
        yield f"The newest audits found {said} wrong: that the error stays below {row.risk:.1%} is not proven any more."


def certificates_try() -> int:
    """Look where audits may suffice by now and nothing valid is there; returns how many were certified. A look in vain is followed by
    another only when there are twice as many audits, for each look spends some of the doubt."""
    made = 0
    for rule in AutomationRule.objects.filter(is_on=True).order_by("pk"):
        if certificate_valid(rule) is None and _worth_a_look(rule):
            made += certificate_try(rule_id=rule.pk) is not None
    return made


def _worth_a_look(rule: AutomationRule) -> bool:
    looked = look_at(rule)
    if looked is None or looked.evidence.late or looked.spent >= MOST_LOOKS:
        return False
    if looked.proof.chosen is not None:
        version, document = active_policy(rule.kind)
        if next(_audits_against(_proven(looked, looked.proof.chosen, version, document), document), ""):
            return False  # it would end at the next check: what was lost this week is not found again by older audits
    if alerts_open(kind=rule.kind).filter(code__in=DRIFT).exclude(level=Alert.Level.NOTICE).exists():
        return False
    last = in_vain(rule, looked.model, standard_of(active_policy(rule.kind)[1]))
    if looked.look > 1 and looked.proof.audits < MORE * last.get("audits", 0):
        return False
    wanted = needed(looked.held, looked.proof.limit.doubt, SPARE)
    expected = [step.of if rule.basis == Basis.CLASS else step.coverage * looked.proof.audits for step in looked.proof.steps]
    return max(expected) >= wanted


def _actor(user: User | None) -> str:
    return f"user:{user.get_username()}" if user else "system"


def subject_of(rule: AutomationRule) -> str:
    return ":".join(filter(None, ("automation", rule.kind, rule.side, rule.label, rule.cut, rule.name)))[:100]


def _band(of: AutomationRule | Certificate) -> str:
    return ":".join(filter(None, ("band", of.side, of.label, of.cut, of.name)))[:100]
