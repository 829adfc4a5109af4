"""Every page of the product, once: for the pictures of a running installation and for the tests of looks."""

from __future__ import annotations

from playwright.sync_api import Page

TOPICS = (
    "keys", "aloud", "wellbeing", "many", "queues", "search", "records", "loop", "first-item", "roles", "automation", "checks", "labels",
    "runs", "watch", "serving", "glossary", "backtests", "gates",
)  # fmt: skip
# Pages with an address that is known beforehand.
PLAIN: dict[str, str] = {
    "queues": "/", "queue": "/queues/reviews/", "queue-new": "/queues/new/", "queue-settings": "/queues/reviews/settings/",
    "routing": "/routing/",
    "items": "/items/", "items-found": "/items/?q=the&kind=review", "items-none": "/items/?q=nothing-like-this",
    "items-export": "/items/export/?kind=review", "view-new": "/items/views/new/?kind=review", "set-aside": "/items/set-aside/",
    "my-day": "/my-day/", "my-settings": "/my-day/settings/", "my-keys": "/my-day/keys/", "finished": "/my-day/finished/",
    "team": "/team/", "checks": "/checks/", "checks-settings": "/checks/settings/", "checks-disagreements": "/checks/disagreements/",
    "checks-known": "/checks/known/", "checks-reviews": "/checks/reviews/", "checks-mine": "/checks/mine/",
    "wellbeing": "/wellbeing/", "care-rules": "/wellbeing/rules/",
    "insights": "/insights/", "alerts": "/alerts/", "audit": "/audit/", "deliveries": "/deliveries/",
    "automation": "/automation/", "automation-kind": "/automation/review/",
    "models": "/models/", "model": "/models/review/", "schedules": "/models/review/schedules/",
    "runs": "/models/review/runs/", "run-limits": "/models/review/limits",
    "backtests": "/backtests/", "backtest-new": "/backtests/new/?kind=review", "replays": "/backtests/replay/",
    "policies": "/policies/", "policy": "/policies/review/", "policy-version": "/policies/review/1/",
    "labels": "/labels/?kind=review", "labels-doubts": "/labels/doubts/?kind=review", "labels-choose": "/labels/choose/?kind=review",
    "labels-new": "/labels/new/?kind=review", "labels-upload": "/labels/import/?kind=review", "snapshots": "/snapshots/?kind=review",
    "password": "/accounts/password/change/", "two-steps": "/accounts/2fa/", "signing-out": "/accounts/logout/",
    "design": "/help/design/", "help": "/help/",
    **{f"help-{name}": f"/help/{name}/" for name in TOPICS}, "api": "/api/v1/docs/", "missing": "/nowhere/",
}  # fmt: skip
# Pages that only a link of another page knows: where to look, and for what. Absent where an installation has none.
LINKED: dict[str, tuple[str, str]] = {
    "item": ("/items/", 'main a[href^="/items/0"]'),
    "item-decided": ("/items/?status=decided", 'main a[href^="/items/0"]'),
    "items-like": ("/items/", 'main a[href*="?like="]'),
    "author": ("/items/?kind=review", 'main a[href^="/authors/"]'),
    "view": ("/items/", 'main a[href*="view="]:not([href*="view=all"])'),
    "model-version": ("/models/review/", 'main a[href*="/versions/"]'),
    "model-run": ("/models/review/", 'main a[href*="/runs/0"]'),
    "backtest": ("/backtests/", 'main a[href^="/backtests/0"]'),
    "delivery": ("/deliveries/", 'main a[href^="/deliveries/"]'),
    "check-review": ("/checks/reviews/", 'main a[href^="/checks/reviews/0"]'),
    "check-disagreement": ("/checks/disagreements/", 'main a[href^="/checks/disagreements/"]'),
}
# Whose page it is, where a lead may not see it.
ADMINS = {
    "labels-new", "labels-upload", "care-rules", "wellbeing", "policy-version", "model", "models", "schedules", "runs", "run-limits",
    "backtest-new",
}  # fmt: skip


def address_of(page: Page, base: str, name: str) -> str:
    """Where the page lies; "" when this installation has none of its kind."""
    if name in PLAIN:
        return base + PLAIN[name]
    place, link = LINKED[name]
    page.goto(base + place)
    found = page.locator(link)
    return base + str(found.first.get_attribute("href")) if found.count() else ""
