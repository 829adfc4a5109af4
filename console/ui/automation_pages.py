"""Automation: what the machine decides alone, by which proof, what it misses, and what it saves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.roles import Role, user_has_role
from console.alerts.selectors import alerts_open
from console.automation.certificates import BAND_LOST, Looked, certificate_end, certificate_try, certificate_valid, limit_of
from console.automation.estimates import weeks_back
from console.automation.evidence import KNOWN_FROM, RISK, WINDOW, answers, auditors_of, open_audits
from console.automation.models import AutomationRule, Basis, Certificate, Method, Side
from console.automation.plans import audit_plan_change, audit_plan_of
from console.automation.rules import CONFIDENCES, labels_for, rule_set
from console.automation.workload import workload_of
from console.common.clock import db_now
from console.common.errors import DomainError, Invalid
from console.flow.audits import audits_draw_more
from console.policies.selectors import active_policy
from console.ui.access import page_for, person
from console.ui.automation_bands import Chosen, bands_of, label_words, part_choices, slices_of, what_words
from console.ui.automation_chart import chart_of, in_hundred, mark_words
from console.ui.automation_steps import steps_of
from console.ui.models_pages import kind_or_404
from console.ui.problems import sentence_of
from scoring.certify import Proof, certify
from scoring.kind import Kind
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
STEERERS = (Role.LEAD, Role.ADMIN)  # draw audits, give a band back to people
HISTORY = 20
BASIS_WORDS = {
    Basis.DECIDED: "of what the machine decides alone",
    Basis.CLASS: "of all there is: harm let through, or harmless items acted on",
}
METHOD_WORDS = {Method.SEQUENCE: "Marks one after the other", Method.BONFERRONI: "All marks at once (needs more audits)"}


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    bands = [band for kind in KINDS.values() for band in bands_of(kind)]
    certified = sum(band.certificate is not None for band in bands)
    demo = [kind.words.many for kind in KINDS.values() if active_policy(kind.name)[1].automation == "demo"]
    off = [(kind, [band for band in bands if band.kind is kind and not band.rule.is_on]) for kind in KINDS.values()]
    context = {
        "kinds": KINDS.values(), "bands": [band for band in bands if band.rule.is_on], "off": [row for row in off if row[1]],
        "certified": certified, "demo": demo, "lost": alerts_open(code=BAND_LOST),
    }  # fmt: skip
    return render(request, "automation/index.html", context)


def _selected(request: HttpRequest, kind: Kind) -> Chosen:
    side, label = request.GET.get("side", Side.ALLOW), request.GET.get("label", RISK)
    if side not in Side.values or label not in labels_for(active_policy(kind.name)[1]) or side == Side.ALLOW:
        label = RISK
    part = {name: request.GET.get(name, "") for name in ("cut", "name")}
    return Chosen(side=side if side in Side.values else Side.ALLOW, label=label, **part)


@require_safe
@never_cache
@page_for(*READERS)
def show_kind(request: HttpRequest, name: str) -> HttpResponse:
    return _kind_page(request, kind_or_404(name))


def _kind_page(request: HttpRequest, kind: Kind, *, errors: dict[str, list[str]] | None = None) -> HttpResponse:
    document = active_policy(kind.name)[1]
    chosen_band = _selected(request, kind)
    side, label = chosen_band.side, chosen_band.label
    bands = bands_of(kind, selected=chosen_band)
    band = next((one for one in bands if chosen_band.is_of(one.rule)), None)
    if band is None:  # a label or a part that nobody set a limit for yet
        bands, label = bands_of(kind, selected=Chosen(side=side, label=RISK)), RISK
        band = bands[list(Side.values).index(side)]
    looked, valid = band.looked, band.certificate
    chosen = valid.threshold if valid else (looked.proof.chosen.threshold if looked and looked.proof.chosen else None)
    plan = audit_plan_of(kind.name)
    rows = answers(kind.name, since=db_now() - WINDOW)
    load = workload_of(kind=kind.name, document=document, rows=rows, plan=plan)
    weeks, waiting = weeks_back(kind=kind.name, document=document), open_audits(kind.name)
    context = {
        "kind": kind, "kinds": KINDS.values(), "bands": bands, "band": band, "selected": band.rule, "looked": looked,
        "side": side, "label": label,
        "chart": chart_of(_drawn(looked, valid), chosen=chosen, risk=looked.held) if looked else None, "load": load, "weeks": weeks,
        "week": weeks[0] if weeks and weeks[0].until >= db_now().replace(hour=0, minute=0, second=0) else None,
        "plan": plan, "open": waiting, "auditors": auditors_of(kind.name), "known_from": KNOWN_FROM, "document": document,
        "steps": steps_of(band, document=document, plan=plan, load=load, waiting=waiting), "shares": _shares(load),
        "floor": in_hundred(looked.proof.floor) if looked else "", "labels": _label_choices(kind, document),
        "history": _history(kind), "lost": alerts_open(kind=kind.name, code=BAND_LOST), "errors": errors or {},
        "may_steer": any(user_has_role(request.user, role) for role in STEERERS), "may_set": user_has_role(request.user, Role.ADMIN),
        "confidences": [(value, round(100 * value)) for value in CONFIDENCES], "bases": BASIS_WORDS.items(),
        "methods": METHOD_WORDS.items(),
        **_posted(request, band.rule, errors), "slices": slices_of(valid) if valid and not valid.name else [],
        "parts": part_choices(kind, band.rule) if not band.rule.name else [],
    }  # fmt: skip
    return render(request, "automation/kind.html", context, status=422 if errors else 200)


def _posted(request: HttpRequest, rule: AutomationRule, errors: dict[str, list[str]] | None) -> dict[str, Any]:
    """What was typed, for the form in which it was typed, and for no other: saved there it would change another limit."""
    post: Any = request.POST if errors else {}
    here = "part" not in post and all(post.get(name, "") == getattr(rule, name) for name in ("cut", "name"))
    asked = {"posted": post if here else {}, "posted_part": post if "part" in post else {}}
    return {**asked, "asked_label": asked["posted"].get("label", "")}


def _drawn(looked: Looked, valid: Certificate | None) -> Proof:
    """As sure as the look was that is in force: the next one would have less doubt to spend, and draw what holds above its limit."""
    if valid is None or valid.model != looked.model:
        return looked.proof
    held = float(valid.data["held"])
    limit = limit_of(looked.rule, look=valid.look, held=held)
    return certify(looked.evidence.audits, looked.evidence.traffic, limit)


def _shares(load: Any) -> dict[str, Any]:
    """The three bands as widths of a bar of 100, and in words."""
    if load is None:
        return {}
    first, last = 100 * load.allowed, 100 * load.enforced
    return {
        "allow": f"{first:.1f}", "enforce": f"{last:.1f}", "enforce_at": f"{100 - last:.1f}", "allow_words": in_hundred(load.allowed),
        "people_words": in_hundred(load.people), "enforce_words": in_hundred(load.enforced),
    }  # fmt: skip


def _label_choices(kind: Kind, document: Any) -> list[tuple[str, str]]:
    return [(label, label_words(label)) for label in labels_for(document)]


def _history(kind: Kind) -> list[dict[str, Any]]:
    rows = Certificate.objects.filter(kind=kind.name).select_related("made_by", "policy_version").order_by("-made_at")[:HISTORY]
    return [
        {
            "row": row, "what": what_words(row), "mark": mark_words(row.threshold), "share": in_hundred(row.coverage),
            "verb": kind.words.allow if row.side == Side.ALLOW else kind.words.enforce,
        }
        for row in rows
    ]  # fmt: skip


def _back(kind: Kind, rule: AutomationRule | None = None) -> str:
    chosen = {name: value for name in ("side", "label", "cut", "name") if (value := getattr(rule, name, ""))}
    return reverse("ui:automation_kind", args=[kind.name]) + (f"?{urlencode(chosen)}" if chosen else "")


def _rule(request: HttpRequest, kind: Kind) -> AutomationRule | None:
    return AutomationRule.objects.filter(
        kind=kind.name, **{name: request.POST.get(name, "")[:100].replace("\x00", "") for name in ("side", "label", "cut", "name")}
    ).first()  # fmt: skip


def _number(text: str) -> float:
    """Raises ValueError for what is no number, NaN among them."""
    value = float(text.strip().replace(",", "."))
    if value != value:
        raise ValueError(text)
    return value


@require_POST
@page_for(Role.ADMIN)
def set_limit(request: HttpRequest, name: str) -> HttpResponse:
    kind, post = kind_or_404(name), request.POST
    side, label = post.get("side", ""), post.get("label", RISK)
    try:
        try:
            risk, confidence = _number(post.get("risk", "")) / 100, _number(post.get("confidence", "0.95"))
        except ValueError as error:
            raise Invalid({"risk": ["Write a number, such as 1."]}, "The limit was not changed.") from error
        values = {
            "risk": round(risk, 6), "confidence": confidence, "basis": post.get("basis", Basis.DECIDED),
            "method": post.get("method", Method.SEQUENCE), "is_on": "is_on" in post,
        }  # fmt: skip
        cut, _, part = post["part"].partition(":") if "part" in post else (post.get("cut", ""), "", post.get("name", ""))
        rule = rule_set(kind=kind.name, side=side, label=label, values=values, user=person(request), cut=cut, name=part)
    except Invalid as error:
        return _kind_page(request, kind, errors=error.fields)
    off = "It belongs to the rest again." if rule.name else "The limit is set. No certificate acts here."
    messages.success(request, "The limit is set." if rule.is_on else off)
    return HttpResponseRedirect(_back(kind, rule))


@require_POST
@page_for(Role.ADMIN)
def look(request: HttpRequest, name: str) -> HttpResponse:
    """Try to certify now."""
    kind = kind_or_404(name)
    rule = _rule(request, kind)
    before = certificate_valid(rule) if rule else None
    try:
        made = certificate_try(rule_id=rule.pk, user=person(request)) if rule else None
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        if made and made == before:
            messages.info(request, "No wider mark is proven yet. What is certified stays.")
        elif made:
            messages.success(request, f"Certified {mark_words(made.threshold)}: {in_hundred(made.coverage)} decided alone.")
        else:
            messages.info(request, "Not enough evidence yet: this band stays with people.")
    return HttpResponseRedirect(_back(kind, rule))


@require_POST
@page_for(*STEERERS)
def withdraw(request: HttpRequest, name: str) -> HttpResponse:
    """Give a band back to people at once."""
    kind = kind_or_404(name)
    rule = _rule(request, kind)
    valid = certificate_valid(rule) if rule else None
    why = request.POST.get("why", "").strip() or "Somebody gave it back to people."
    if valid is None or not certificate_end(valid, state=Certificate.State.WITHDRAWN, why=why, user=person(request)):
        messages.error(request, "It had ended already.")
    else:
        messages.success(request, "People decide this band from now on.")
    return HttpResponseRedirect(_back(kind, rule))


@require_POST
@page_for(*STEERERS)
def draw(request: HttpRequest, name: str) -> HttpResponse:
    kind = kind_or_404(name)
    text = request.POST.get("count", "").strip()
    try:
        drawn = audits_draw_more(kind=kind.name, count=int(text) if text.isdecimal() and len(text) < 7 else 0, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, f"{drawn} more {'is' if drawn == 1 else 'are'} looked at, blind.")
    return HttpResponseRedirect(_back(kind))


@require_POST
@page_for(Role.ADMIN)
def audits(request: HttpRequest, name: str) -> HttpResponse:
    """How much is audited, and what an hour costs."""
    kind, post = kind_or_404(name), request.POST
    values: dict[str, Any] = {"currency": post.get("currency", "").strip()}
    errors: dict[str, list[str]] = {}
    for field in ("allow_rate", "enforce_rate", "review_rate", "weekly_minimum", "hourly_cost"):
        text = post.get(field, "").strip()
        try:
            number = None if field == "hourly_cost" and not text else _number(text)
        except ValueError:
            errors[field] = ["Write a number."]
            continue
        values[field] = number / 100 if field.endswith("_rate") and number is not None else number
    try:
        if errors:
            raise Invalid(errors, "The audits were not changed.")
        audit_plan_change(kind=kind.name, values={**values, "weekly_minimum": int(values["weekly_minimum"])}, user=person(request))
    except (Invalid, OverflowError) as error:
        return _kind_page(request, kind, errors=error.fields if isinstance(error, Invalid) else {"weekly_minimum": ["Write a number."]})
    messages.success(request, "The audits are set.")
    return HttpResponseRedirect(_back(kind))
