"""Media: a multipart upload, and the file's facts."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.request import Request

from console.api.base import ANYONE, SENDERS, Answer, ApiView, idempotent
from console.api.docs import described
from console.api.schemas import MediaOut
from console.api.shapes import media_row
from console.common.errors import Invalid, NotFound
from console.intake.media import Received, TooLarge, media_create, upload_receive
from console.intake.models import Media

_ROOM = 1024 * 1024  # for the multipart frame around the file
_FORM = {"multipart/form-data": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}}


class MediaUpload(ApiView):
    roles = {"POST": SENDERS}
    received: Received

    def prepare(self, request: Request) -> str:
        self.caller().own_source()
        self.received = upload_receive(_file_of(request))
        return hashlib.sha256(self.received.sha256.encode()).hexdigest()

    @described(
        "Upload an image or a video", {201: MediaOut}, tag="media", name="media_post", body=_FORM, problems=[400, 413, 415], post=True
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller = self.caller()
        media = media_create(source=caller.own_source(), received=self.received, actor=caller.actor)
        return Answer(media_row(media), 201)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(self, "received"):
            self.received.discard()  # nothing is there any more when it was kept
        return super().finalize_response(request, response, *args, **kwargs)


def _file_of(request: Request) -> UploadedFile[Any]:
    raw = request._request
    if (raw.content_type or "") != "multipart/form-data":
        raise exceptions.UnsupportedMediaType(raw.content_type or "", detail='Send multipart/form-data with the file as "file".')
    if int(raw.META.get("CONTENT_LENGTH") or 0) > settings.MEDIA_MAX_BYTES + _ROOM:
        raise TooLarge(f"A file may have {settings.MEDIA_MAX_BYTES // 1024**2} MB at most.")
    try:
        file = raw.FILES.get("file")
    except MultiPartParserError as error:
        raise Invalid({"body": ["It is not a multipart form."]}) from error
    if file is None:
        raise Invalid({"file": ['Send the file in the field "file".']})
    return file


class MediaOne(ApiView):
    roles = {"GET": ANYONE}

    @described("Facts of an uploaded file", {200: MediaOut}, tag="media", name="media_get", problems=[404])
    def get(self, request: Request, media_id: UUID) -> HttpResponse:
        media = self.caller().visible(Media.objects.all()).filter(pk=media_id).first()
        if media is None:
            raise NotFound("There is no such file.")
        return Answer(media_row(media))
