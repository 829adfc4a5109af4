"""System checks with hints: optional parts that are missing, and what works without them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib import util
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from console import dispatch, env

OPERATION = "operation"  # shown by `up` and by `check --deploy`, not by each command


@register(OPERATION, deploy=True)
def check_ocr(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if shutil.which("tesseract") or util.find_spec("rapidocr"):
        return []
    hint = "Install it (Debian: apt-get install tesseract-ocr); until then text inside pictures and videos is not read."
    return [Warning("Tesseract is not installed.", hint=hint, id="second_look.W001")]


@register(OPERATION, deploy=True)
def check_frame_model(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if settings.FRAME_MODEL:
        return []
    hint = "Set FRAME_MODEL to a folder or hub name of an image classifier; until then people look at every video that no bank knows."
    return [Warning("No model looks at video frames.", hint=hint, id="second_look.W002")]


@register(OPERATION, deploy=True)
def check_doorbell(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if settings.DISPATCH_BACKEND == "celery":
        return []
    hint = "It is for tests and notebooks: no worker hears of new items until the sweep. Unset DISPATCH_BACKEND."
    return [Warning(f"DISPATCH_BACKEND is {settings.DISPATCH_BACKEND}.", hint=hint, id="second_look.W003")]


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if env.text("SECRET_KEY") or settings.EMBEDDED_DATABASE:
        return []
    hint = "Set SECRET_KEY to the same value for every web and worker process; the generated one lies in the home folder of one machine."
    return [Warning("SECRET_KEY is not set although the database is shared.", hint=hint, id="second_look.W004")]


@register()
def check_settings(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DISPATCH_BACKEND not in dispatch.BACKENDS:
        hint = f"Use one of {', '.join(dispatch.BACKENDS)}."
        found.append(Error(f"DISPATCH_BACKEND is {settings.DISPATCH_BACKEND!r}.", hint=hint, id="second_look.E001"))
    return found
