"""Which old models may lose their files: training knows what is needed to serve, automation what a certificate names."""

from __future__ import annotations

from console.automation.models import Certificate
from console.training.keeping import versions_tidy


def models_tidy() -> list[str]:
    """Returns what was removed. Certificates are never deleted, and what they were proven with stays as long as they do."""
    return versions_tidy(keep=set(Certificate.objects.order_by().values_list("model", flat=True).distinct()))
