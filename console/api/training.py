"""Model versions."""

from __future__ import annotations

from functools import partial

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.accounts.roles import Role
from console.api.base import ADMINS, OWNERS, TRAINERS, Answer, ApiView, idempotent, read_body
from console.api.docs import CURSOR, described
from console.api.forms import PromoteIn, ReasonIn
from console.api.paging import page_by_id
from console.api.schemas import ModelOut, ModelPage
from console.api.shapes import model_row
from console.common.errors import Conflict, Forbidden, Invalid, NotFound
from console.training.models import ModelVersion
from console.training.outside import refusals_outside
from console.training.promotion import model_promote, model_rollback
from scoring.registry import KINDS

KIND = OpenApiParameter("kind", str, enum=list(KINDS))


def kind_of(request: Request) -> dict[str, str]:
    kind = request.query_params.get("kind")
    if not kind:
        return {}
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    return {"kind": kind}


def _versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.select_related("snapshot").prefetch_related("trials", "promotions__proposed_by")


class Models(ApiView):
    roles = {"GET": OWNERS}

    @described(
        "Model versions, newest first", {200: ModelPage}, tag="training", name="models_list", problems=[400], parameters=[KIND, *CURSOR]
    )
    def get(self, request: Request) -> HttpResponse:
        versions = _versions().defer("card").filter(**kind_of(request))
        return Answer(page_by_id(request, versions, partial(model_row, caller=self.caller())))


class ModelView(ApiView):
    def version(self, name: str) -> ModelVersion:
        """By "kind@version", or by the version alone where only one kind has it."""
        kind, _, version = name.rpartition("@")
        found = list(_versions().filter(version=version, **({"kind": kind} if kind else {}))[:2])
        if not found:
            raise NotFound(f"There is no model version {name!r}.")
        if len(found) > 1:
            raise Conflict(f"Several kinds have a version {version!r}; write kind@version.", code="ambiguous")
        return found[0]


class ModelOne(ModelView):
    roles = {"GET": OWNERS}

    @described("One model version with its card", {200: ModelOut}, tag="training", name="models_get", problems=[404])
    def get(self, request: Request, version: str) -> HttpResponse:
        return Answer(model_row(self.version(version), self.caller(), with_card=True))


class ModelPromote(ModelView):
    roles = {"POST": TRAINERS}

    @described(
        "Propose that this version serves, or agree as the second person; with override, alone",
        {200: ModelOut},
        tag="training",
        name="models_promote",
        body=PromoteIn,
        problems=[400, 403, 404, 409],
        post=True,
    )
    @idempotent
    def post(self, request: Request, version: str) -> HttpResponse:
        form, caller = read_body(request, PromoteIn), self.caller()
        chosen = self.version(version)
        if form.override and Role.ADMIN not in caller.roles:
            raise Forbidden("An override needs an admin.", code="needs_admin")
        with refusals_outside(bound=caller.source is not None):
            model_promote(
                version=chosen, user=caller.user, reason=form.reason, override=form.override, way=form.way, despite=form.despite
            )  # fmt: skip
        return Answer(model_row(self.version(str(chosen)), caller))


class ModelRollback(ModelView):
    roles = {"POST": ADMINS}

    @described("Let the version before this one serve again", {200: ModelOut}, tag="training", name="models_rollback", body=ReasonIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, version: str) -> HttpResponse:
        form, current = read_body(request, ReasonIn), self.version(version)
        if current.state != ModelVersion.State.CHAMPION:
            raise Conflict(f"{current} does not serve, so there is nothing to roll back.", code="not_champion")
        with refusals_outside(bound=self.caller().source is not None):
            serving = model_rollback(kind=current.kind, user=self.caller().user, reason=form.reason)
        return Answer(model_row(self.version(str(serving)), self.caller()))
