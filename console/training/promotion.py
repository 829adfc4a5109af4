"""Two people decide what serves: one proposes, another agrees. One alone can only by an override, which everybody hears of."""

from __future__ import annotations

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.alerts.services import alert_clear, alert_raise
from console.audit.services import audit_append
from console.common.errors import Conflict, Forbidden, Invalid, NotFound
from console.training.champions import (
    champion_leave,
    champion_set,
    earlier_champions,
    kind_lock,
    rollback_target,
    serving_changed,
    version_require_whole,
)
from console.training.models import ModelVersion, Promotion
from console.training.runs import actor_name
from console.training.selectors import champion, refusals
from console.training.trials import canary_start

__all__ = [
    "model_agree", "model_confirm", "model_promote", "model_propose", "model_rollback", "model_send_back", "model_withdraw",
    "promotion_get", "promotion_open", "rollback_target", "same_person", "standing_against",
]  # fmt: skip

State = ModelVersion.State
AT_ONCE = Promotion.Way.AT_ONCE


def model_promote(
    *, version: ModelVersion, user: User, reason: str = "", override: bool = False, way: str = AT_ONCE, despite: bool = False
) -> ModelVersion:  # fmt: skip
    """The one door: the first person proposes, the second agrees, `override` with a reason needs nobody else.

    Raises Conflict when it may not be promoted, Invalid when the reason is missing, Forbidden when it must be somebody else.
    """
    if override:
        _override(version, user, reason=reason, way=way)
    elif (waiting := promotion_open(version.kind)) is not None and waiting.version_id == version.pk:
        if (_way(way), waiting.way) == (Promotion.Way.IN_STEPS, AT_ONCE):  # asked for less than what waits: nobody agrees by accident
            raise Conflict(f"{version.version} is proposed to serve at once. Agree to that, or send it back first.", code="other_way")
        model_agree(promotion=waiting, user=user, note=reason)
    else:
        model_propose(version=version, user=user, reason=reason, way=way, despite=despite)
    version.refresh_from_db()
    return version


def promotion_open(kind: str) -> Promotion | None:
    """The proposal that waits for a second person."""
    rows = Promotion.objects.filter(kind=kind, state=Promotion.State.OPEN)
    return rows.select_related("version", "proposed_by").first()


def model_propose(*, version: ModelVersion, user: User, reason: str = "", way: str = AT_ONCE, despite: bool = False) -> Promotion:
    """`despite` sets aside what the gates say against it, and needs a reason. Nothing changes until another person agrees."""
    _require_person(user)
    version_require_whole(version)
    with transaction.atomic():
        kind_lock(version.kind)
        against = standing_against(ModelVersion.objects.get(pk=version.pk))
        if against and not despite:
            raise Conflict(f"{against[0]} Promoting it needs an override with a reason.", code=against[1])
        if against and not reason.strip():
            raise Invalid({"reason": ["Say why this version should serve although it was not found better."]})
        try:
            with transaction.atomic():
                row = Promotion.objects.create(
                    kind=version.kind, version=version, way=_way(way), reason=_text(reason), despite=against[0] if against else "",
                    proposed_by=user,
                )  # fmt: skip
        except IntegrityError as error:
            raise Conflict("Another version is proposed already. Agree to it or send it back first.", code="proposal_open") from error
        _record(row, user, "model.proposed")
    return row


def model_agree(*, promotion: Promotion, user: User, note: str = "") -> Promotion:
    """The second person: the version serves now, or its canary begins. Of two at once, one wins."""
    _require_person(user)
    if promotion.proposed_by and same_person(promotion.proposed_by, user):
        raise Conflict(f"You proposed {promotion.version.version} yourself. Somebody else has to agree.", code="needs_second_person")
    if promotion.proposed_by and not any(user_has_role(who, Role.ADMIN) for who in (promotion.proposed_by, user)):
        raise Conflict("One of the two has to be an admin. Ask one to agree.", code="needs_admin")
    version_require_whole(promotion.version)
    with transaction.atomic():
        kind_lock(promotion.kind)
        _close(promotion, user, Promotion.State.AGREED, note)
        version = ModelVersion.objects.get(pk=promotion.version_id)
        against = standing_against(version)
        if against and against[0] != promotion.despite:  # what was set aside is what was known then, and nothing that came since
            raise Conflict(against[0], code=against[1])
        _carry_out(promotion, version, user, reason=promotion.reason or note, override=False)
    promotion.refresh_from_db()
    return promotion


def model_send_back(*, promotion: Promotion, user: User, note: str) -> None:
    if not note.strip():
        raise Invalid({"note": ["Say what would have to be different."]})
    with transaction.atomic():
        _close(promotion, user, Promotion.State.SENT_BACK, note)
        _record(promotion, user, "model.sent_back", note=_text(note))


def model_withdraw(*, promotion: Promotion, user: User) -> None:
    with transaction.atomic():
        _close(promotion, user, Promotion.State.WITHDRAWN, "")
        _record(promotion, user, "model.proposal_withdrawn")


def model_confirm(*, promotion: Promotion, user: User) -> None:
    """Another person has looked at an override and stands behind it: the alert is over."""
    if user.is_service or promotion.decided_by is None or same_person(promotion.decided_by, user):
        raise Conflict("Somebody other than who promoted it has to look.", code="needs_second_person")
    with transaction.atomic():
        if not Promotion.objects.filter(pk=promotion.pk, override=True, confirmed_by=None).update(confirmed_by=user):
            raise Conflict("This was confirmed already.")
        alert_clear(
            code="promotion_override", kind=promotion.kind, subject=f"model:{promotion.version}"[:100],
            why=f"{user.display_name} looked and agrees.",
        )  # fmt: skip
        _record(promotion, user, "model.override_confirmed")


def model_rollback(*, kind: str, user: User | None, reason: str = "") -> ModelVersion:
    """Let the champion before this one serve again. The one that is left counts as refused: it needs an override to return.

    One person is enough: going back must never wait. Raises Conflict when there is no champion before it, or its files
    cannot be trusted.
    """
    with transaction.atomic():
        kind_lock(kind)
        old = champion(kind)
        before = earlier_champions(old).first() if old else None
        if old is None or before is None:
            raise Conflict(f"There is no earlier model for {kind} to return to.", code="no_earlier_model")
        version_require_whole(before)
        sentence = f"Rolled back to {before.version}" + (f": {reason.strip()}" if reason.strip() else ".")
        champion_leave(old, State.REFUSED, reasons=[*old.reasons, sentence])
        if not ModelVersion.objects.filter(pk=before.pk, state=State.RETIRED).update(state=State.CHAMPION):
            raise Conflict(f"{before.version} was changed by somebody else just now. Look again.")
        serving_changed(before, old, user=user, verb="model.rolled_back", reason=reason, override=False)
        Promotion.objects.create(
            kind=kind, version=before, way=Promotion.Way.ROLLBACK, state=Promotion.State.AGREED, replaces=old.version,
            reason=_text(reason), proposed_by=user, decided_by=user, decided_at=Now(),
        )  # fmt: skip
    before.refresh_from_db()
    return before


def same_person(one: User, other: User) -> bool:
    """Two accounts of one human count as one: the same account, address, or subject of the sign-in service."""
    if one.pk == other.pk or (one.email and one.email.casefold() == other.email.casefold()):
        return True
    if not apps.is_installed("allauth.socialaccount"):
        return False
    name: str = "socialaccount.SocialAccount"  # there only where single sign-on is set up
    subjects = apps.get_model(name)._default_manager
    return bool(subjects.filter(user=other, uid__in=subjects.filter(user=one).values("uid")).exists())


def _require_person(user: User) -> None:
    """Whoever holds the token of a service could agree under their own name to what it proposed: one person would be two."""
    if user.is_service:
        raise Forbidden("A service has no person behind it: people propose and agree, under their own names.", code="needs_person")


def _override(version: ModelVersion, user: User, *, reason: str, way: str) -> None:
    _require_person(user)
    version_require_whole(version)
    with transaction.atomic():
        kind_lock(version.kind)
        now = ModelVersion.objects.get(pk=version.pk)
        against = standing_against(now)
        if not reason.strip():
            raise Invalid({"reason": ["Say why this version should serve although it was not found better, or nobody else agreed."]})
        Promotion.objects.filter(kind=version.kind, state=Promotion.State.OPEN).update(
            state=Promotion.State.WITHDRAWN, decided_at=Now(), note=f"{user.display_name} promoted {version.version} alone."
        )
        row = Promotion.objects.create(
            kind=version.kind, version=version, way=_way(way), state=Promotion.State.AGREED, override=True, reason=_text(reason),
            despite=against[0] if against else "", proposed_by=user, decided_by=user, decided_at=Now(),
        )  # fmt: skip
        _carry_out(row, now, user, reason=reason, override=True)
        what = "began to try" if row.way == Promotion.Way.IN_STEPS else "promoted"
        alert_raise(
            code="promotion_override", kind=version.kind, subject=f"model:{version}"[:100],
            sentence=f"{user.display_name} {what} {version.version} alone, without a second person: {_text(reason)[:300]}",
            data={"version": version.version, "by": user.username, "despite": row.despite},
        )  # fmt: skip


def _carry_out(promotion: Promotion, version: ModelVersion, user: User, *, reason: str, override: bool) -> None:
    if promotion.way == Promotion.Way.IN_STEPS:
        serving = champion(version.kind)
        if serving is None:
            raise Conflict("Nothing serves yet, so there is nothing to try it against. Promote it at once.", code="nothing_serves")
        Promotion.objects.filter(pk=promotion.pk).update(replaces=serving.version)
        canary_start(promotion=promotion, version=version, against=serving, user=user)
        return
    replaces = champion_set(version, user=user, reason=reason, override=override)
    Promotion.objects.filter(pk=promotion.pk).update(replaces=replaces)


def standing_against(version: ModelVersion) -> tuple[str, str] | None:
    """What speaks against it: a sentence and its code. Raises Conflict when it serves already."""
    if version.state == State.CHAMPION:
        raise Conflict(f"{version.version} serves already.", code="serves_already")
    if version.state == State.REFUSED:
        return f"{version.version} was refused: {' '.join(refusals(version))}".strip(), "refused"
    serving = champion(version.kind)
    now = serving.version if serving else ""
    if version.parent != now:
        compared = f"{version.version} was compared with {version.parent or 'nothing'}, but {now or 'nothing'} serves now."
        return compared, "stale_comparison"
    return None


def _way(way: str) -> str:
    if way not in (Promotion.Way.AT_ONCE, Promotion.Way.IN_STEPS):
        raise Invalid({"way": ["Choose at_once or in_steps."]})
    return way


def _close(promotion: Promotion, user: User, state: str, note: str) -> None:
    rows = Promotion.objects.filter(pk=promotion.pk, state=Promotion.State.OPEN)
    if not rows.update(state=state, decided_by=user, decided_at=Now(), note=_text(note)):
        raise Conflict("This proposal was answered by somebody else just now. Look again.", code="proposal_closed")


def promotion_get(promotion_id: int) -> Promotion:
    """Raises NotFound."""
    row = Promotion.objects.select_related("version", "proposed_by", "decided_by").filter(pk=promotion_id).first()
    if row is None:
        raise NotFound("There is no such proposal.")
    return row


def _record(promotion: Promotion, user: User, verb: str, **more: str) -> None:
    data = {"kind": promotion.kind, "way": promotion.way, "reason": promotion.reason, "despite": promotion.despite, **more}
    audit_append(actor=actor_name(user), verb=verb, subject=f"model:{promotion.version}"[:100], data=data)


def _text(text: str) -> str:
    return text.strip()[:1000]
