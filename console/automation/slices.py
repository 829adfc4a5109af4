"""A band, language by language and source by source: what the audits that prove it say of each, and where it goes to people all the same.

A certificate bounds the error of its band as a whole; that may hide a small slice in which the machine errs often. So for each slice the
same audits are counted apart, with exact ranges that hold for all slices of the certificate together (Clopper and Pearson, Bonferroni).
Where the whole range lies above the limit, people decide that slice until it does not any more: its audits go on, as those of everything
that goes to people do. The proof of the rest stays: without a part that is worse than the limit the error of a band is smaller.
What is small is measured, and mostly proves nothing alone: "not told apart" is no certificate of a slice.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from console.audit.services import audit_append
from console.automation.marks import standard_of, valid_certificates
from console.automation.models import AutomationRule, BandSlice, Certificate
from scoring.certify import lower_bound, upper_bound
from scoring.policy import PolicyDocument
from scoring.withheld import Held

DOUBT = 0.05  # over all slices of a certificate, on each side
Counts = Mapping[tuple[str, str], tuple[int, int]]  # (cut, name) -> (of, wrong)


@transaction.atomic
def band_slices_take(*, certificate: Certificate, counts: Counts) -> list[BandSlice]:
    """Keep what was counted in place of what was kept before. What people begin or cease to decide by it is written down."""
    before = set(certificate.slices.filter(withheld=True).values_list("cut", "name"))
    doubt = DOUBT / max(1, len(counts))
    rows = [
        BandSlice(
            certificate=certificate, cut=cut, name=name, of=of, wrong=wrong, low=(low := lower_bound(wrong, of, doubt)),
            high=upper_bound(wrong, of, doubt), withheld=low > certificate.risk,
        )
        for (cut, name), (of, wrong) in counts.items()
    ]  # fmt: skip
    certificate.slices.all().delete()
    BandSlice.objects.bulk_create(rows)
    for row in rows:
        if row.withheld != ((row.cut, row.name) in before):
            audit_append(
                actor="system", verb="certificate.slice_withheld" if row.withheld else "certificate.slice_back",
                subject=f"automation:{certificate.kind}:{certificate.side}:{certificate.label}"[:100],
                data={"certificate": certificate.pk, "cut": row.cut, "name": row.name, "of": row.of, "wrong": row.wrong},
            )  # fmt: skip
    return rows


def slices_held(kind: str, document: PolicyDocument) -> list[Held]:
    """What people decide although its band is certified, and what is decided by a mark of its own. Three small queries, and none unless
    the policy asks for certificates."""
    if document.automation != "certified":
        return []
    rows = BandSlice.objects.filter(certificate__in=valid_certificates(kind), withheld=True)
    found = rows.values_list("certificate__model", "certificate__label", "certificate__side", "cut", "name")
    return [*(Held(*row) for row in found), *_own(kind, document)]


def _own(kind: str, document: PolicyDocument) -> list[Held]:
    own = list(AutomationRule.objects.filter(kind=kind, is_on=True).exclude(name=""))
    valid = valid_certificates(kind).filter(standard=standard_of(document)).exclude(name="") if own else Certificate.objects.none()
    by_rule = {row.rule_id: row for row in valid}
    return [
        Held(
            model=row.model if (row := by_rule.get(rule.pk)) else "", label=rule.label, side=rule.side, cut=rule.cut, name=rule.name,
            own=True, mark=row.threshold if row else None,
        )
        for rule in own
    ]  # fmt: skip
