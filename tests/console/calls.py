"""Calls of the API as one caller makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.accounts.services import token_create

PROBLEM = "application/problem+json"


@dataclass
class Calls:
    """`headers` go with every call. Answers are Django's; problem() checks and returns a problem document."""

    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(self.client, method.lower())
        if isinstance(body, bytes):
            return call(f"/api/v1/{path}", body, content_type="application/json", headers={**self.headers, **named})
        return call(f"/api/v1/{path}", {} if body is None else body, content_type="application/json", headers={**self.headers, **named})


def of(source: Source, role: Role = Role.INTEGRATION, user: User | None = None) -> Calls:
    """A caller with a fresh token."""
    new = token_create(source_name=source.slug, role=role, username=user.username if user else None)
    return Calls({"Authorization": f"Token {new.plain}"})


def signed_in(user: User) -> Calls:
    calls = Calls()
    calls.client.force_login(user)
    return calls


def problem(answer: HttpResponse, status: int, code: str | None = None) -> Any:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == PROBLEM
    body = answer.json()  # type: ignore[attr-defined]
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.content.decode()
    assert code is None or body["code"] == code, body
    return body


def fields(body: Any) -> set[str]:
    return {error["field"] for error in body["errors"]}


def review(external_id: str = "r-1", text: str = "The soup was cold.", **more: Any) -> dict[str, Any]:
    return {"kind": "review", "external_id": external_id, "payload": {"text": text}, **more}
