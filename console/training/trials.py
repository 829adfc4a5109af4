"""Versions on live traffic: begin a shadow or a canary, give the canary more, end them. At most one of each for a kind."""

from __future__ import annotations

import hashlib

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.alerts.services import alert_raise
from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid
from console.scores.models import Score
from console.training.champions import champion_set, kind_lock, version_require_whole
from console.training.models import ModelVersion, Promotion, Trial
from console.training.runs import actor_name
from console.training.selectors import champion

STEPS = (1, 5, 25, 50, 100)  # percent of the items of a kind
SHADOW_SHARE = 10
State = ModelVersion.State


def in_share(salt: str, item_id: object, percent: int) -> bool:
    """Whether an item is drawn. Stable, and who is in at 5 % is in at 25 %; each salt draws anew."""
    digest = hashlib.sha256(f"{salt}:{item_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < percent * (1 << 64) // 100


def canary_salt(trial: Trial) -> str:
    return f"{trial.kind}@{trial.version.version}"


def shadow_salt(trial: Trial) -> str:
    """Another draw than the canary's, so that one does not shadow what the other decided."""
    return f"shadow:{trial.kind}@{trial.version.version}"


def trials_open(*, kind: str | None = None, mode: str | None = None) -> QuerySet[Trial]:
    rows = Trial.objects.filter(ended_at=None).select_related("version").defer("version__card", "version__metrics", "version__comparison")
    rows = rows if kind is None else rows.filter(kind=kind)
    return rows if mode is None else rows.filter(mode=mode)


def canary_open(kind: str) -> Trial | None:
    """The canary that decides a share of a kind; one whose files are damaged decides nothing."""
    return trials_open(kind=kind, mode=Trial.Mode.CANARY).filter(version__damage="").first()


def shadow_start(*, version: ModelVersion, user: User, share: int = SHADOW_SHARE) -> Trial:
    """Score `share` percent of the traffic beside the champion; nothing is decided by it, so one person is enough."""
    if not 1 <= share <= 100:
        raise Invalid({"share": ["Choose 1 to 100 percent."]})
    version_require_whole(version)
    with transaction.atomic():
        kind_lock(version.kind)
        serving = champion(version.kind)
        if serving is None:
            raise Conflict("Nothing serves yet, so there is nothing to compare it with.", code="nothing_serves")
        if serving.pk == version.pk:
            raise Conflict(f"{version.version} serves already.", code="serves_already")
        last = Score.objects.aggregate(last=Max("id"))["last"] or 0
        trial = _begin(version, serving, Trial.Mode.SHADOW, share=share, cursor=last, started_by=user)
        _record(trial, "shadow.started", actor_name(user))
    return trial


def canary_start(*, promotion: Promotion, version: ModelVersion, against: ModelVersion, user: User) -> Trial:
    """Two people agreed (or one by override). Must run inside a transaction that holds kind_lock."""
    for shadow in trials_open(kind=version.kind, mode=Trial.Mode.SHADOW).filter(version=version):
        _end(shadow, Trial.End.ENDED, user, "It decides a share now.")
    step = {"share": STEPS[0], "at": db_now().isoformat(), "by": user.username}
    trial = _begin(version, against, Trial.Mode.CANARY, share=STEPS[0], promotion=promotion, started_by=user, steps=[step])
    _record(trial, "canary.started", actor_name(user), share=STEPS[0])
    return trial


def canary_pace(*, trial: Trial, user: User, automatic: bool, min_items: int, min_hours: float) -> None:
    """How soon it goes on by itself, or that it waits for a person."""
    wrong = {}
    if not 20 <= min_items <= 1_000_000:
        wrong["min_items"] = ["Choose 20 to 1,000,000 items."]
    if not 0 <= min_hours <= 24 * 30:
        wrong["min_hours"] = ["Choose 0 to 720 hours."]
    if wrong:
        raise Invalid(wrong)
    with transaction.atomic():
        rows = Trial.objects.filter(pk=trial.pk, ended_at=None)
        if not rows.update(automatic=automatic, min_items=min_items, min_hours=min_hours):
            raise Conflict("This trial is over.", code="trial_ended")
        _record(trial, "canary.paced", actor_name(user), automatic=automatic, min_items=min_items, min_hours=min_hours)


def canary_step(*, trial: Trial, share: int, user: User | None) -> None:
    """Give it another share; by itself (without `user`) only while nobody told it to wait. Raises Conflict when it was changed or ended
    by somebody else just now."""
    if share not in STEPS:
        raise Invalid({"share": [f"Choose one of {', '.join(map(str, STEPS))} percent."]})
    with transaction.atomic():
        kind_lock(trial.kind)
        step = {"share": share, "at": db_now().isoformat(), "by": user.username if user else ""}
        rows = _unchanged(trial, by_itself=user is None)
        if not rows.update(share=share, stepped_at=Now(), steps=[*trial.steps, step]):
            raise Conflict("This canary was changed by somebody else just now. Look again.", code="trial_changed")
        _record(trial, "canary.stepped", actor_name(user), share=share, before=trial.share)


def canary_finish(*, trial: Trial, user: User | None) -> None:
    """It decided everything and nothing was worse: it serves. Who agreed at the start agreed to this."""
    version_require_whole(trial.version)
    with transaction.atomic():
        kind_lock(trial.kind)
        if trial.share != STEPS[-1]:
            raise Conflict(f"It decides {trial.share} % so far. Give it all first.", code="not_all_yet")
        if not _unchanged(trial, by_itself=user is None).exists():  # reading its files took its time
            raise Conflict("This canary was changed by somebody else just now. Look again.", code="trial_changed")
        serving = champion(trial.kind)
        if serving is None or serving.version != trial.against:
            raise Conflict("Something else serves since. Propose it anew.", code="stale_comparison")
        _end(trial, Trial.End.SERVES, user, "It decided everything and nothing was worse.")
        agreed = trial.promotion
        version = ModelVersion.objects.get(pk=trial.version_id)
        by = user or (agreed.decided_by if agreed else None)
        champion_set(version, user=by, reason=agreed.reason if agreed else "", override=bool(agreed and agreed.override))


def _unchanged(trial: Trial, *, by_itself: bool) -> QuerySet[Trial]:
    rows = Trial.objects.filter(pk=trial.pk, ended_at=None, share=trial.share)
    return rows.filter(automatic=True) if by_itself else rows


def trial_end(*, trial: Trial, user: User, why: str = "") -> None:
    """By hand. A canary's items go to the champion again from the next batch on; the version stays a candidate."""
    with transaction.atomic():
        kind_lock(trial.kind)
        _end(trial, Trial.End.ENDED, user, why.strip()[:500] or "Ended by hand.")
        _record(trial, f"{trial.mode}.ended", actor_name(user), why=why.strip()[:500])


def canary_stop(*, trial: Trial, sentence: str) -> bool:
    """By itself: something was worse. The champion takes every new item again, and the version counts as refused."""
    with transaction.atomic():
        kind_lock(trial.kind)
        why = f"Its canary was stopped at {trial.share} %: {sentence}"
        try:
            _end(trial, Trial.End.STOPPED, None, why[:500])
        except Conflict:
            return False
        version = ModelVersion.objects.get(pk=trial.version_id)
        ModelVersion.objects.filter(pk=version.pk, state=State.CANDIDATE).update(state=State.REFUSED, reasons=[*version.reasons, why])
        _record(trial, "canary.stopped", "system", why=why)
        alert_raise(
            code="canary_stopped", kind=trial.kind, subject=f"model:{version}"[:100],
            sentence=f"{version.version} is back to no items; {trial.against} decides everything again. {why}",
            data={"version": version.version, "share": trial.share, "against": trial.against},
        )  # fmt: skip
    return True


def _begin(version: ModelVersion, against: ModelVersion, mode: str, **facts: object) -> Trial:
    try:
        with transaction.atomic():
            return Trial.objects.create(kind=version.kind, version=version, mode=mode, against=against.version, **facts)
    except IntegrityError as error:
        name = "canary" if mode == Trial.Mode.CANARY else "shadow"
        raise Conflict(f"Another {name} of this kind is under way. End it first.", code="trial_open") from error


def _end(trial: Trial, end: str, user: User | None, why: str) -> None:
    if not Trial.objects.filter(pk=trial.pk, ended_at=None).update(end=end, ended_at=Now(), ended_by=user, why=why):
        raise Conflict("This trial is over already.", code="trial_ended")


def _record(trial: Trial, verb: str, actor: str, **data: object) -> None:
    facts = {"kind": trial.kind, "against": trial.against, "share": trial.share, **data}
    audit_append(actor=actor, verb=verb, subject=f"model:{trial.version}"[:100], data=facts)
