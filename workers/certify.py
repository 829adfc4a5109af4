"""What the machine may decide alone, kept true: what has lost its proof ends within a minute; audits are read each hour."""

from __future__ import annotations

from console.automation.certificates import certificates_check, certificates_try
from console.automation.plans import audit_plans_ensure_defaults, plans_measure
from console.flow.band_slices import band_slices_measure
from workers.app import app


@app.task(name="certificates")
def certificates() -> None:
    """Another model, other clauses, drift, age."""
    certificates_check(audits=False)


@app.task(name="audits")
def audits() -> None:
    """End what the newest audits speak against, certify what they prove, read them by language and source, and learn what this
    week's traffic looks like."""
    audit_plans_ensure_defaults()
    plans_measure()
    certificates_check()
    certificates_try()
    band_slices_measure()
