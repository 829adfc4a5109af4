"""Measure the bands that are certified, language by language and source by source, from the audits that prove them."""

from __future__ import annotations

from collections import defaultdict

from console.automation.certificates import limit_of
from console.automation.evidence import evidence_of
from console.automation.models import Certificate
from console.automation.parts import part_of, places_of
from console.automation.slices import band_slices_take
from console.policies.selectors import active_policy
from scoring.certify import Audited, counted
from scoring.withheld import LANGUAGE, SOURCE


def band_slices_measure() -> int:
    """Returns how many slices people decide although their band is certified."""
    valid = Certificate.objects.filter(state=Certificate.State.VALID, name="").select_related("rule").order_by("pk")
    return sum(_measure(row) for row in valid)


def _measure(certificate: Certificate) -> int:
    document = active_policy(certificate.kind)[1]
    evidence = evidence_of(kind=certificate.kind, model=certificate.model, label=certificate.label, document=document,
                           part=part_of(certificate.rule))  # fmt: skip
    limit = limit_of(certificate.rule, look=1, held=certificate.risk)
    parts: dict[tuple[str, str], list[Audited]] = defaultdict(list)
    places = places_of(evidence.items)
    for item, audited in zip(evidence.items, evidence.audits, strict=True):
        source, language = places.get(item, ("", ""))
        for cut, name in ((LANGUAGE, language), (SOURCE, source)):
            if name and audited.harmful is not None:
                parts[cut, name].append(audited)
    counts = {key: found for key, part in sorted(parts.items()) if (found := counted(part, limit, certificate.threshold))[0]}
    return sum(row.withheld for row in band_slices_take(certificate=certificate, counts=counts))
