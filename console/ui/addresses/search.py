"""Search, kept searches, export, accounts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from console.ui import author_pages, export_pages, search_pages, view_pages
from console.ui.author_address import AuthorId

register_converter(AuthorId, "account")

pages: list[URLPattern | URLResolver] = [
    path("items/", search_pages.index, name="items"),
    path("items/export/", export_pages.ask, name="export"),
    path("items/export/items.csv", export_pages.download, name="export_download"),
    path("items/views/new/", view_pages.new, name="view_new"),
    path("items/views/keep", view_pages.create, name="view_create"),
    path("items/views/<str:view_id>/", view_pages.edit, name="view_edit"),
    path("items/views/<str:view_id>/delete", view_pages.delete, name="view_delete"),
    path("authors/<slug:slug>/<account:account_id>/", author_pages.show, name="author"),
    path("authors/<slug:slug>/<account:account_id>/unmask", author_pages.unmask, name="author_unmask"),
]
