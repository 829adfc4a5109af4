"""A policy document: clauses, thresholds, rules and actions, as data. Immutable once a version of it is active."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Automation = Literal["off", "demo", "certified"]

# As long as the columns that decisions, labels and verdicts keep them in: what is longer is refused where it is written.
ClauseId = Annotated[str, Field(max_length=32)]
Action = Annotated[str, Field(max_length=32)]
Label = Annotated[str, Field(max_length=64)]
Figure = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Title = Annotated[str, Field(max_length=200)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Clause(Strict):
    """One rule for people, as they read it beside the item: a one-sentence test and two examples each way."""

    id: ClauseId  # "4.2"
    title: Title  # "Personal attack"
    key: str = Field(pattern="^[1-9]$")  # its key on the review screen
    test: str
    text: str = ""
    breaks: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()  # the model labels that this clause answers for
    severity: int = Field(1, ge=0, le=3)
    action: Action | None = None  # what enforcing it does, unless the reviewer chooses another


class Threshold(Strict):
    """For label `label` ("risk" = any): at or below `allow` is allowed, at or above `enforce` is enforced."""

    label: Label
    allow: float | None = Field(None, ge=0, le=1)
    enforce: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _apart(self) -> Threshold:
        if self.allow is not None and self.enforce is not None and self.allow >= self.enforce:
            raise ValueError("allow must lie below enforce")
        return self


class Rule(Strict):
    """`when` is a CEL expression over item, actor, score, signals; the first rule that holds decides."""

    name: str = Field(max_length=100)
    when: str
    then: Literal["allow", "review", "enforce"]
    clause: ClauseId | None = None
    action: Action | None = None
    sentence: str = Field(max_length=300)  # why, in words
    hard: bool = False  # holds even where automation is off


class PolicyDocument(Strict):
    kind: str = Field(max_length=32)
    title: Title
    automation: Automation = "off"
    note: str = ""  # shown beside the policy: "Demo: automates without a certificate"
    clauses: tuple[Clause, ...]
    thresholds: tuple[Threshold, ...] = ()
    rules: tuple[Rule, ...] = ()
    actions: tuple[Action, ...] = ("remove",)  # what a reviewer may choose on enforce; the first is the default
    timed: tuple[Action, ...] = ()  # those of them that can end by themselves after some hours
    asking: tuple[Action, ...] = ()  # those that ask the world (a call, 3-D Secure) and conclude nothing: they teach no label
    figures: Mapping[str, Figure] = Field(default_factory=dict)  # numbers that the kind's card reckons with: {"margin_percent": 13}
    match_enforces: bool = True  # an exact known-bad match is enforced without a person

    @model_validator(mode="after")
    def _consistent(self) -> PolicyDocument:
        ids = [c.id for c in self.clauses]
        if len(set(ids)) != len(ids) or len({c.key for c in self.clauses}) != len(ids):
            raise ValueError("clause ids and keys must be unique")
        if strangers := [name for name in self.timed if name not in self.actions]:
            raise ValueError(f"timed names {', '.join(strangers)}, which is not allowed here")
        for action in self.asking:
            if action not in self.actions:
                raise ValueError(f"{action} asks, but it is not one of the actions")
        for rule in self.rules:
            if rule.clause is not None and rule.clause not in ids:
                raise ValueError(f"rule {rule.name} names clause {rule.clause}, which is not here")
            if rule.action is not None and rule.action not in self.actions:
                raise ValueError(f"rule {rule.name} names action {rule.action}, which is not allowed here")
        for clause in self.clauses:
            if clause.action is not None and clause.action not in self.actions:
                raise ValueError(f"clause {clause.id} names action {clause.action}, which is not allowed here")
        return self

    def clause_for(self, label: str | None) -> Clause | None:
        return next((c for c in self.clauses if label in c.labels), None)

    @property
    def checksum(self) -> str:
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_policy(path: Path) -> PolicyDocument:
    return PolicyDocument.model_validate_json(path.read_text("utf-8"))
