"""Addresses of labels, the work on them, and frozen data sets."""

from __future__ import annotations

from django.urls import URLPattern, path

from console.ui import label_choice_pages, label_doubt_pages, label_import_pages, labels_pages, snapshot_pages

pages: list[URLPattern] = [
    path("labels/", labels_pages.index, name="labels"),
    path("labels/import/", label_import_pages.upload, name="labels_upload"),
    path("labels/import/<uuid:work_id>/", label_import_pages.show, name="labels_import"),
    path("labels/import/<uuid:work_id>/preview", label_import_pages.preview, name="labels_preview"),
    path("labels/import/<uuid:work_id>/rejected", label_import_pages.rejected, name="labels_rejected"),
    path("labels/jobs/<uuid:work_id>/", labels_pages.live, name="labels_live"),
    path("labels/jobs/<uuid:work_id>/stop", labels_pages.stop, name="labels_stop"),
    path("labels/doubts/", label_doubt_pages.index, name="labels_doubts"),
    path("labels/doubts/find", label_doubt_pages.find, name="labels_find"),
    path("labels/doubts/again", label_doubt_pages.again, name="labels_again"),
    path("labels/choose/", label_choice_pages.index, name="labels_choose"),
    path("labels/choose/now", label_choice_pages.now, name="labels_choose_now"),
    path("labels/new/", label_choice_pages.new, name="labels_new"),
    path("labels/new/<uuid:work_id>/send", label_choice_pages.send, name="labels_send"),
    path("snapshots/", snapshot_pages.index, name="snapshots"),
    path("snapshots/<str:digest>/", snapshot_pages.show, name="snapshot"),
    path("snapshots/<str:digest>/file", snapshot_pages.download, name="snapshot_file"),
]
