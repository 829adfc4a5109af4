"""Known answers: which items, and which of them a person gets next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.audit.services import audit_append
from console.cases.limits import ServeLimits
from console.cases.models import Case, Claim, Queue
from console.common.errors import Conflict, Invalid, NotFound
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.quality.bars import bar
from console.quality.models import Check, Gold, OwnAccount, QaReview
from console.quality.plans import luck
from console.scores.models import Decision
from console.verdicts.labels import labels_of, target_of
from console.verdicts.models import Label
from scoring.policy import PolicyDocument

VIOLATING = 0.6  # of what is served, where the set allows it: at least every second one breaks a rule


@transaction.atomic
def gold_mark(*, item: Item, outcome: str, clauses: Sequence[str], note: str, user: User | None) -> Gold:
    """A decided item becomes a known answer. Raises Invalid by field, Conflict when the item is still open."""
    document = active_policy(item.kind)[1]
    errors: dict[str, list[str]] = {}
    if outcome not in ("allow", "enforce"):
        errors["outcome"] = ["Choose what the right answer is."]
    known = {clause.id for clause in document.clauses}
    if unknown := [clause for clause in clauses if clause not in known]:
        errors["clauses"] = [f"This policy has no clause {', '.join(unknown)}."]
    elif outcome == "enforce" and not clauses:
        errors["clauses"] = ["Choose the clause that it breaks."]
    if errors:
        raise Invalid(errors, "It was not marked.")
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    held = Decision.objects.filter(item=item, state=Decision.State.HELD).exists()
    if item.status != Item.Status.DECIDED or held:
        raise Conflict("Only an item that is decided can be a known answer.", code="not_decided")
    facts = {"outcome": outcome, "clauses": list(clauses) if outcome == "enforce" else [], "note": note.strip()[:2000]}
    gold, _ = Gold.objects.update_or_create(item=item, defaults={**facts, "is_active": True, "marked_by": user})
    _labels_put(gold, document, user)
    if user is not None:
        _known_now(gold, user)
    actor = f"user:{user.get_username()}" if user else "system"
    audit_append(actor=actor, verb="gold.marked", subject=f"gold:{gold.pk}", data={"outcome": outcome, "clauses": facts["clauses"]})
    return gold


def _known_now(gold: Gold, user: User) -> None:
    """Who said it once knows it, whoever says it later; also where it waits at this moment. What they hold already they may decide:
    that is told apart where answers count (console.flow.checks)."""
    gold.known_to.add(user)
    for case_id in Check.objects.filter(gold=gold, state=Check.State.OPEN).values_list("case_id", flat=True):
        bar(case_id=case_id, user_ids=[user.pk], reason="earlier")


def _labels_put(gold: Gold, document: PolicyDocument, user: User | None) -> None:
    """The newest word on an item replaces the one before; it is kept when the answer is retired, so that nobody learns from it then."""
    Label.objects.filter(item=gold.item, source=Label.Source.GOLD, withdrawn=False).update(withdrawn=True)
    found = labels_of(document=document, outcome=gold.outcome, clauses=tuple(gold.clauses), fields={}, given=None)
    Label.objects.bulk_create(
        Label(item=gold.item, name=name, value=value, source=Label.Source.GOLD, reviewer=user) for name, value in found.items()
    )


@transaction.atomic
def gold_retire(*, gold_id: int, user: User) -> Gold:
    """It is served no more. Its labels stay out of training: people have seen it as a test."""
    gold = Gold.objects.filter(pk=gold_id).first()
    if gold is None:
        raise NotFound("There is no such known answer.")
    if not Gold.objects.filter(pk=gold_id, is_active=True).update(is_active=False):
        raise Conflict("It was retired already.", code="retired")
    audit_append(actor=f"user:{user.get_username()}", verb="gold.retired", subject=f"gold:{gold.pk}")
    gold.is_active = False
    return gold


def golds_open_to(user: User) -> QuerySet[Gold]:
    """Those whose answer this person may read: what they know already, and what is served no more. Leads take cases too, and who could
    read an answer beforehand would be measured by it."""
    return Gold.objects.filter(Q(is_active=False) | _known_by(user))


def _known_by(user: User) -> Q:
    """They said themselves what it is, now or earlier; held the item in any case; or judged somebody's verdict of it."""
    said = Gold.known_to.through.objects.filter(gold=OuterRef("pk"), user=user)
    held = Claim.objects.filter(case__item=OuterRef("item"), reviewer=user)
    judged = QaReview.objects.filter(verdict__item=OuterRef("item"), reviewed_by=user)
    return Q(Exists(said)) | Q(Exists(held)) | Q(Exists(judged))


def golds_hidden_from(user: User) -> QuerySet[Gold]:
    """Those that this person may still meet; none for who decides nothing."""
    if not user_has_role(user, Role.MODERATOR):
        return Gold.objects.none()
    return Gold.objects.exclude(pk__in=golds_open_to(user).values("pk"))


def gold_pick(*, queue: Queue, reviewer: User, limits: ServeLimits, source_id: int | None = None) -> Gold | None:
    """What this person should meet next: breaking a rule more often than not, of the clause they were asked about least.
    Never an item whose answer they know, never their own, never beyond their limits."""
    open_to_them = _open_to(queue, reviewer, limits, source_id)
    if not open_to_them:
        return None
    asked = Counter(
        clause_of(outcome, clauses)
        for outcome, clauses in Check.objects.filter(gold__isnull=False, answer__reviewer=reviewer).values_list(
            "gold__outcome", "gold__clauses"
        )
    )
    breaking = [gold for gold in open_to_them if gold.outcome == "enforce"]
    keeping = [gold for gold in open_to_them if gold.outcome == "allow"]
    pool = (breaking if luck() < VIOLATING else keeping) or breaking or keeping
    return min(pool, key=lambda gold: (asked[clause_of(gold.outcome, gold.clauses)], luck()))


def _open_to(queue: Queue, reviewer: User, limits: ServeLimits, source_id: int | None) -> list[Gold]:
    cases = Case.objects.filter(item=OuterRef("item"))
    own = OwnAccount.objects.filter(user=reviewer, source=OuterRef("item__source"), actor_id=OuterRef("item__actor_id"))
    rows = Gold.objects.filter(is_active=True, item__kind=queue.kind, item__status=Item.Status.DECIDED)
    rows = rows.filter(Exists(cases.filter(queue=queue)) | ~Exists(cases)).exclude(_known_by(reviewer)).exclude(Exists(own))
    rows = rows.exclude(Exists(cases.exclude(state=Case.State.CLOSED)))
    if source_id is not None:
        rows = rows.filter(item__source_id=source_id)
    too_much = Q(severity__gt=limits.max_severity) | Q(label__in=limits.avoid)
    rows = rows.exclude(Exists(cases.filter(too_much)))
    rows = rows.exclude(item__severity_hint__gt=limits.max_severity)
    document = active_policy(queue.kind)[1]
    return [gold for gold in rows.select_related("item__source") if _within(gold, document, limits)]


def _within(gold: Gold, document: PolicyDocument, limits: ServeLimits) -> bool:
    severity, label = gold_facts(gold, document)
    return severity <= limits.max_severity and label not in limits.avoid


def gold_facts(gold: Gold, document: PolicyDocument) -> tuple[int, str]:
    """How bad it is and what it is called, as its clauses say."""
    broken = [clause for clause in document.clauses if clause.id in gold.clauses]
    severity = max([clause.severity for clause in broken] + [gold.item.severity_hint])
    return severity, target_of(broken[0]) if broken else ""


def clause_of(outcome: str, clauses: Sequence[str]) -> str:
    """The one word for an answer: "allow", or its first clause."""
    return "allow" if outcome == "allow" else clauses[0] if clauses else "enforce"
