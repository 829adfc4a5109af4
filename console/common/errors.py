"""What can go wrong by rule. The API turns these into problem documents, the pages into banners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """`code` is stable and machine-readable; the message is a sentence for people."""

    code = "error"

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code or self.code


class Conflict(DomainError):
    """The world has moved on: a stale token, a closed window, another body under the same id."""

    code = "conflict"


class NotFound(DomainError):
    code = "not_found"


class Forbidden(DomainError):
    code = "forbidden"


class Unavailable(DomainError):
    """Something this needs does not answer now; trying again later may help."""

    code = "unavailable"


class Invalid(DomainError):
    """`fields` maps a field path ("payload.text") to sentences."""

    code = "invalid"

    def __init__(self, fields: Mapping[str, Sequence[str]], sentence: str = "Some fields are not right.") -> None:
        super().__init__(sentence)
        self.fields = {path: list(errors) for path, errors in fields.items()}
