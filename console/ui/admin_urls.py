"""Addresses of the pages for those who shape and run the installation."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from console.ui import (
    audit_pages,
    deliveries_pages,
    gate_pages,
    models_pages,
    policies_pages,
    run_limits_pages,
    runs_pages,
    serving_pages,
    triggers_pages,
)

models: list[URLPattern | URLResolver] = [
    path("", runs_pages.index, name="index"),
    path("<slug:name>/", models_pages.show_kind, name="kind"),
    path("<slug:name>/rollback", serving_pages.rollback, name="rollback"),
    path("<slug:name>/retrain", runs_pages.retrain, name="retrain"),
    path("<slug:name>/runs/", runs_pages.history, name="runs"),
    path("<slug:name>/runs/<uuid:run_id>/", runs_pages.show_run, name="run"),
    path("<slug:name>/runs/<uuid:run_id>/live", runs_pages.live_run, name="live"),
    path("<slug:name>/runs/<uuid:run_id>/cancel", runs_pages.cancel, name="cancel"),
    path("<slug:name>/runs/<uuid:run_id>/first", runs_pages.first, name="first"),
    path("<slug:name>/runs/<uuid:run_id>/retry", runs_pages.retry, name="retry"),
    path("<slug:name>/schedules/", triggers_pages.triggers, name="schedules"),
    path("<slug:name>/schedules/preview", triggers_pages.preview, name="preview"),
    path("<slug:name>/schedules/<int:trigger_id>", triggers_pages.change, name="schedule"),
    path("<slug:name>/schedules/<int:trigger_id>/edit", triggers_pages.edit, name="trigger"),
    path("<slug:name>/limits", run_limits_pages.limits, name="limits"),
    path("<slug:name>/versions/<str:version>/", models_pages.show_version, name="version"),
    path("<slug:name>/versions/<str:version>/card.md", gate_pages.card, name="card"),
    path("<slug:name>/versions/<str:version>/promote", serving_pages.promote, name="promote"),
    path("<slug:name>/versions/<str:version>/shadow", serving_pages.shadow, name="shadow"),
    path("<slug:name>/proposals/<int:promotion_id>", serving_pages.answer, name="answer"),
    path("<slug:name>/trials/<int:trial_id>", serving_pages.trial, name="trial"),
    path("<slug:name>/verify", serving_pages.verify, name="verify"),
]

policies: list[URLPattern | URLResolver] = [
    path("", policies_pages.index, name="index"),
    path("<slug:name>/", policies_pages.show_kind, name="kind"),
    path("<slug:name>/draft", policies_pages.draft, name="draft"),
    path("<slug:name>/<int:number>/", policies_pages.show_version, name="version"),
    path("<slug:name>/<int:number>/discard", policies_pages.discard, name="discard"),
]

deliveries: list[URLPattern | URLResolver] = [
    path("", deliveries_pages.index, name="index"),
    path("<int:delivery_id>/", deliveries_pages.show, name="delivery"),
    path("<int:delivery_id>/replay", deliveries_pages.replay, name="replay"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("models/", include((models, "models"))),
    path("policies/", include((policies, "policies"))),
    path("deliveries/", include((deliveries, "deliveries"))),
    path("audit/", include(([path("", audit_pages.index, name="index")], "audit"))),
]
