"""The model card as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.training.selectors import model_versions
from console.ui.access import page_for
from console.ui.models_pages import READERS, kind_or_404


@require_safe
@never_cache
@page_for(*READERS)
def card(request: HttpRequest, name: str, version: str) -> HttpResponse:
    found = model_versions(kind_or_404(name).name).filter(version=version).first()
    if found is None or not found.card:
        raise Http404("There is no such model card.")
    response = HttpResponse(found.card, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{found.version}-card.md"'
    return response
