"""The OpenAPI document, and a page to try it, under the same strict content policy as every page."""

from __future__ import annotations

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny


class Schema(SpectacularAPIView):
    """It holds no data, so anybody may read it: integrations start here."""

    authentication_classes = []
    permission_classes = [AllowAny]


@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")  # the page's own stylesheet draws its icons so
class Docs(SpectacularSwaggerSplitView):
    authentication_classes = []
    permission_classes = [AllowAny]
    url_name = "api:schema"
    template_name = "api_docs.html"
