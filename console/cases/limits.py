"""What a person is not served, by their own choice or a cap. It holds for "next"; what they open themselves is their own act."""

from __future__ import annotations

from dataclasses import dataclass

from console.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeLimits:
    max_severity: int = 3
    avoid: tuple[str, ...] = ()  # labels


def serve_limits(user: User) -> ServeLimits:
    return ServeLimits()
