"""One masked number or address, shown to who holds the case."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.common.errors import DomainError, Invalid
from console.ui.access import page_for
from console.ui.case_drawing import REVIEWERS, case_of, hold_of, refused
from console.verdicts.looking import mask_look


@require_POST
@never_cache
@page_for(*REVIEWERS)
def unmask(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The text in place of its mask. 409 when the hold is gone, 422 when nothing is masked there."""
    case = case_of(request, case_id)
    try:
        start, end = _place(request.POST)
        text = mask_look(hold=hold_of(request, case), field=request.POST.get("field", "")[:100], start=start, end=end)
    except DomainError as error:
        return refused(request, case, error)
    return HttpResponse(format_html('<span class="masked looked" data-chars="{}">{}</span>', end - start, text))


def _place(data: QueryDict) -> tuple[int, int]:
    start, end = data.get("start", ""), data.get("end", "")
    if not (start.isdecimal() and end.isdecimal() and len(start) < 9 and len(end) < 9):
        raise Invalid({"start": ["Nothing is masked at this place."]})
    return int(start), int(end)
