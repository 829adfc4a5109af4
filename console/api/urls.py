"""Addresses of the API and of the probes."""

from __future__ import annotations

from django.urls import include, path

from console.api import assigning, batches, cases, decisions, deliveries, items, media, operate, queues, schema, search, training, webhooks

v1 = [
    path("items", items.Items.as_view(), name="items"),
    path("items/bulk", items.ItemsBulk.as_view(), name="items-bulk"),
    path("items/export", search.ItemsExport.as_view(), name="items-export"),
    path("items/<uuid:item_id>/similar", search.ItemSimilar.as_view(), name="item-similar"),
    path("items/<uuid:item_id>", items.ItemOne.as_view(), name="item"),
    path("items/<uuid:item_id>/reports", items.ItemReports.as_view(), name="item-reports"),
    path("items/<uuid:item_id>/feedback", items.ItemFeedback.as_view(), name="item-feedback"),
    path("media", media.MediaUpload.as_view(), name="media"),
    path("media/<uuid:media_id>", media.MediaOne.as_view(), name="media-one"),
    path("items/<uuid:item_id>/views", items.ItemViews.as_view(), name="item-views"),
    path("queues", queues.Queues.as_view(), name="queues"),
    path("queues/<slug:slug>", queues.QueueOne.as_view(), name="queue"),
    path("queues/<slug:slug>/pause", queues.QueuePause.as_view(), name="queue-pause"),
    path("queues/<slug:slug>/resume", queues.QueueResume.as_view(), name="queue-resume"),
    path("queues/<slug:slug>/move", queues.QueueMove.as_view(), name="queue-move"),
    path("queues/<slug:slug>/merge", queues.QueueMerge.as_view(), name="queue-merge"),
    path("transfers/<uuid:transfer_id>", queues.TransferOne.as_view(), name="transfer"),
    path("routing", queues.Routing.as_view(), name="routing"),
    path("queues/<slug:slug>/claim", cases.QueueClaim.as_view(), name="queue-claim"),
    path("cases/<uuid:case_id>/heartbeat", cases.CaseHeartbeat.as_view(), name="case-heartbeat"),
    path("cases/<uuid:case_id>/begin", assigning.CaseBegin.as_view(), name="case-begin"),
    path("cases/<uuid:case_id>/assign", assigning.CaseAssign.as_view(), name="case-assign"),
    path("cases/<uuid:case_id>/take-over", assigning.CaseTakeOver.as_view(), name="case-take-over"),
    path("cases/<uuid:case_id>/release", cases.CaseRelease.as_view(), name="case-release"),
    path("cases/<uuid:case_id>/skip", cases.CaseSkip.as_view(), name="case-skip"),
    path("cases/<uuid:case_id>/escalate", cases.CaseEscalate.as_view(), name="case-escalate"),
    path("cases/<uuid:case_id>/second-opinion", cases.CaseSecondOpinion.as_view(), name="case-second-opinion"),
    path("cases/<uuid:case_id>/reveal", cases.CaseReveal.as_view(), name="case-reveal"),
    path("cases/<uuid:case_id>/verdict", cases.CaseVerdict.as_view(), name="case-verdict"),
    path("cases/<uuid:case_id>/similar", batches.CaseSimilar.as_view(), name="case-similar"),
    path("verdicts/batch", batches.VerdictBatch.as_view(), name="verdicts-batch"),
    path("batches/<uuid:batch_id>/undo", batches.BatchUndo.as_view(), name="batch-undo"),
    path("verdicts/<uuid:verdict_id>/correct", batches.VerdictCorrect.as_view(), name="verdict-correct"),
    path("verdicts/<uuid:verdict_id>/undo", cases.VerdictUndo.as_view(), name="verdict-undo"),
    path("decisions", decisions.Decisions.as_view(), name="decisions"),
    path("decisions/<uuid:decision_id>", decisions.DecisionOne.as_view(), name="decision"),
    path("decisions/<uuid:decision_id>/statement", decisions.DecisionStatement.as_view(), name="decision-statement"),
    path("training/runs", training.Runs.as_view(), name="runs"),
    path("training/runs/<uuid:run_id>", training.RunOne.as_view(), name="run"),
    path("models", training.Models.as_view(), name="models"),
    path("models/<str:version>", training.ModelOne.as_view(), name="model"),
    path("models/<str:version>/promote", training.ModelPromote.as_view(), name="model-promote"),
    path("models/<str:version>/rollback", training.ModelRollback.as_view(), name="model-rollback"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.WebhookOne.as_view(), name="webhook"),
    path("deliveries", deliveries.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:delivery_id>", deliveries.DeliveryOne.as_view(), name="delivery"),
    path("deliveries/<int:delivery_id>/replay", deliveries.DeliveryReplay.as_view(), name="delivery-replay"),
    path("schema/", schema.Schema.as_view(), name="schema"),
    path("docs/", schema.Docs.as_view(), name="docs"),
]
app_name = "api"
urlpatterns = [
    path("api/v1/", include(v1)),
    path("healthz", operate.healthz, name="healthz"),
    path("readyz", operate.readyz, name="readyz"),
    path("metrics", operate.metrics, name="metrics"),
]
