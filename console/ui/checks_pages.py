"""Checks, for leads: how alike people decide, what waits for their word, what is checked at which share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import flow
from console.accounts.roles import Role, roles_of
from console.cases.models import Queue
from console.cases.selectors import kinds_closed_to, queues_for
from console.common.errors import DomainError, Invalid, NotFound
from console.insights import agreement
from console.insights.screen import item_blocks
from console.insights.sealed import sealed_cases
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.quality.measuring import measure_request, most_confused
from console.quality.models import Check, CheckPlan, Measure
from console.quality.plans import SHARES, plan_change
from console.ui.access import page_for, person
from console.ui.problems import sentence_of
from console.ui.screen import reason_options
from console.ui.verdict_input import read_verdict
from scoring.registry import KINDS

LEADS = (Role.LEAD, Role.ADMIN)
WIDTH = 130.0  # of a range in the tables, alpha from LEAST_ALPHA to 1
LEAST_ALPHA = 0.0
GOOD_ALPHA = 0.667  # Krippendorff: below it, conclude nothing from such labels
SHARE_WORDS = (
    ("second_share", "Second looks", "of verdicts: another person decides the same item, blind"),
    ("gold_share", "Known answers", "of what a person is given: an item whose right answer is known"),
    ("gold_share_new", "Known answers, new people", "the same, in a person’s first 200 decisions"),
    ("blind_share", "Without the machine", "of new cases: decided without evidence, and what hides the checks among them"),
)


def kinds_open(request: HttpRequest) -> list[str]:
    """Raises NotFound for who works in no queue at all."""
    closed = kinds_closed_to(person(request))
    found = [name for name in KINDS if name not in closed]
    if not found:
        raise NotFound("There is no kind that is yours to check.")
    return found


def kind_of(request: HttpRequest) -> str:
    name, kinds = request.GET.get("kind", ""), kinds_open(request)
    return name if name in kinds else kinds[0]


def kinds_context(request: HttpRequest, here: str) -> dict[str, Any]:
    return {"kind": KINDS[kind_of(request)], "kinds": [KINDS[name] for name in kinds_open(request)], "here": here}


def item_to_judge(request: HttpRequest, item_id: UUID) -> Item:
    """An item whose end this lead may know: of a kind that is theirs, and not one that they may still be given blind."""
    user = person(request)
    item = get_object_or_404(Item.objects.select_related("source").filter(kind__in=kinds_open(request)), pk=item_id)
    if sealed_cases([item.pk], user, roles_of(user)):
        raise NotFound("It is being looked at, so what was decided of it is not shown.")
    return item


@require_safe
@never_cache
@page_for(*LEADS)
def index(request: HttpRequest) -> HttpResponse:
    kind = kind_of(request)
    found = agreement.quality_of(kind)
    row = Measure.objects.filter(kind=kind).first()
    document = active_policy(kind)[1]
    mixed = most_confused(row.data.get("matrix", [])) if row else None
    context = {
        **kinds_context(request, "index"), "found": found, "waiting": agreement.disagreements().count(), "signs": _signs(),
        "ranges": [(alike, range_of(alike)) for alike in found.agreement], "zero": f"{_at(GOOD_ALPHA):.1f}",
        "mixed": [agreement.title_of(document, word) for word in mixed[:2]] if mixed else [],
        "thin": [row.title for row in agreement.gold_coverage(kind) if row.thin],
    }  # fmt: skip
    return render(request, "checks/index.html", context)


def _at(alpha: float) -> float:
    return WIDTH * (max(LEAST_ALPHA, min(1.0, alpha)) - LEAST_ALPHA) / (1 - LEAST_ALPHA)


def range_of(alike: agreement.Alike) -> dict[str, str] | None:
    """Where dot and line of an interval stand, in units of the picture."""
    if alike.alpha is None or alike.low is None or alike.high is None:
        return None
    return {"dot": f"{_at(alike.alpha):.1f}", "low": f"{_at(alike.low):.1f}", "high": f"{_at(alike.high):.1f}"}


def _signs() -> list[dict[str, Any]]:
    rows = []
    for row in agreement.help_signs():
        document = active_policy(row.kind)[1]
        words = [agreement.title_of(document, sign["clause"]) for sign in row.signs]
        rows.append({"person": row.reviewer, "kind": KINDS[row.kind].words.many, "clauses": words})
    return rows


@require_POST
@page_for(*LEADS)
def measure_now(request: HttpRequest) -> HttpResponse:
    measure_request(user=person(request))
    messages.info(request, "A worker is measuring. The figures are here in a moment.")
    return HttpResponseRedirect(reverse("ui:checks"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def shares(request: HttpRequest) -> HttpResponse:
    """One form a queue."""
    queues = list(queues_for(person(request)))
    errors: dict[str, list[str]] = {}
    chosen = request.POST.get("queue", "")
    if request.method == "POST":
        try:
            queue = next((q for q in queues if q.slug == chosen), None)
            if queue is None:
                raise Http404("There is no such queue.")
            plan_change(queue=queue, shares=_read_shares(request), feedback="feedback" in request.POST, user=person(request))
        except Invalid as error:
            errors = error.fields
        else:
            messages.success(request, f"Checks of {queue.title} saved.")
            return HttpResponseRedirect(f"{reverse('ui:checks_settings')}#{queue.slug}")
    rows = [_form_of(queue, request, errors if queue.slug == chosen else {}) for queue in queues]
    context = {**kinds_context(request, "settings"), "rows": rows}
    return render(request, "checks/settings.html", context, status=422 if errors else 200)


def _read_shares(request: HttpRequest) -> dict[str, float]:
    """Percent in the form, shares inside. Raises Invalid."""
    found: dict[str, float] = {}
    errors: dict[str, list[str]] = {}
    for name in SHARES:
        try:
            found[name] = float(request.POST.get(name, "").strip().replace(",", ".")) / 100
        except ValueError:
            errors[name] = ["Write a number, such as 5."]
    if errors:
        raise Invalid(errors)
    return found


def _form_of(queue: Queue, request: HttpRequest, errors: dict[str, list[str]]) -> dict[str, Any]:
    plan = CheckPlan.objects.filter(queue=queue).first() or CheckPlan(
        queue=queue, second_share=0.0, gold_share=0.0, gold_share_new=0.0, blind_share=0.0
    )
    fields = [
        {
            "name": name, "id": f"{queue.slug}-{name}", "title": title, "help": text, "errors": errors.get(name, []),
            "value": request.POST.get(name, "") if errors else f"{100 * getattr(plan, name):g}",
        }
        for name, title, text in SHARE_WORDS
    ]  # fmt: skip
    return {"queue": queue, "fields": fields, "feedback": plan.feedback}


@require_safe
@never_cache
@page_for(*LEADS)
def disagreements(request: HttpRequest) -> HttpResponse:
    user = person(request)
    closed = Check.objects.filter(purpose=Check.Purpose.ADJUDICATE, state=Check.State.CLOSED, item__kind__in=kinds_open(request))
    closed = closed.select_related("item", "answer__reviewer")
    rows = [
        {"check": check, "mine": check.answer is not None and check.answer.reviewer_id == user.pk, "barred": _barred(check, user.pk)}
        for check in agreement.disagreements().filter(item__kind__in=kinds_open(request))[:100]
    ]
    context = {**kinds_context(request, "disagreements"), "rows": rows, "closed": closed.order_by("-closed_at")[:20]}
    return render(request, "checks/disagreements.html", context)


def _barred(check: Check, user_id: int) -> bool:
    return check.case.skips.filter(reviewer_id=user_id).exists()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def disagreement(request: HttpRequest, check_id: int) -> HttpResponse:
    """Both verdicts, once the lead has decided blind; and the last word."""
    check = get_object_or_404(
        Check.objects.select_related("item__source", "about__reviewer", "parent__answer__reviewer", "answer__reviewer", "case__queue"),
        pk=check_id, purpose=Check.Purpose.ADJUDICATE, item__kind__in=kinds_open(request),
    )  # fmt: skip
    user = person(request)
    told = check.state == Check.State.CLOSED or (check.answer is not None and check.answer.reviewer_id == user.pk)
    if not told:
        messages.info(request, "Decide it blind first; then both verdicts are shown.")
        return HttpResponseRedirect(reverse("ui:checks_disagreements"))
    problem = ""
    if request.method == "POST":
        try:
            form = read_verdict(request.POST) if request.POST.get("word") == "change" else None
            flow.adjudication_close(check_id=check.pk, lead=user, form=form)
        except DomainError as error:
            problem = sentence_of(error)
        else:
            messages.success(request, "Closed. What you said is what counts now, and the label.")
            return HttpResponseRedirect(reverse("ui:checks_disagreements"))
    document = active_policy(check.item.kind)[1]
    audit = check.parent is not None and check.parent.purpose == Check.Purpose.AUDIT  # there the machine decided first
    second = check.parent.answer if check.parent and not audit else None
    verdicts = [("Audit, blind" if audit else "First", check.about), ("Second, blind", second), ("Lead, blind", check.answer)]
    context = {
        **kinds_context(request, "disagreements"), "check": check, "problem": problem, "reasons": reason_options(document),
        "verdicts": [(name, verdict, verdict_words(verdict, document)) for name, verdict in verdicts if verdict is not None],
        "blocks": [block for block in item_blocks(check.item, None) if block.area == "content"], "read_only": True,
        "words": KINDS[check.item.kind].words, "audit": audit,
    }  # fmt: skip
    return render(request, "checks/disagreement.html", context, status=409 if problem else 200)


def verdict_words(verdict: Any, document: Any) -> str:
    """ "Removed: insult", in the words of the kind and the policy."""
    words = KINDS[verdict.item.kind].words
    if verdict.outcome == "allow":
        return words.allowed
    titles = [agreement.title_of(document, clause).lower() for clause in verdict.clauses]
    return f"{words.enforced}: {', '.join(titles)}" if titles else words.enforced
