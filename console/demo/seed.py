"""Put the demo on an empty database: people, a source, and items of all five kinds through the real pipeline."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.accounts.services import source_ensure, user_create
from console.common.clock import db_now
from console.demo.chats import chat_items
from console.demo.contacts import contact_items
from console.demo.orders import order_items
from console.demo.reviews import review_items
from console.flow import items_receive
from console.intake.media import media_create, upload_receive
from console.intake.models import Item
from console.intake.parsing import parse_item

PEOPLE = [
    ("rita", Role.MODERATOR, "Rita Ray"),
    ("lena", Role.LEAD, "Lena Lind"),
    ("petra", Role.POLICY, "Petra Paul"),
    ("ada", Role.ADMIN, "Ada Adler"),
]


def accounts_file() -> Path:
    return Path(settings.HOME) / "demo-accounts.txt"


def past_awaited() -> Path:
    """There while the demo's people and items are there and their past is not: who was stopped in between goes on."""
    return Path(settings.HOME) / "demo-past-awaited"


def is_empty() -> bool:
    return not Item.objects.exists() and not User.objects.filter(is_service=False).exists()


def demo_people() -> str:
    """Create the demo people that are missing, with one generated password kept in the home folder; returns the password."""
    file = accounts_file()
    password = file.read_text("utf-8").strip().rpartition(" ")[2] if file.exists() else secrets.token_urlsafe(9)
    with transaction.atomic():
        for username, role, name in PEOPLE:
            if not User.objects.filter(username=username).exists():
                user_create(username=username, role=role, password=password, full_name=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("".join(f"{username} ({role.value}) {password}\n" for username, role, _ in PEOPLE), "utf-8")
    return password


def demo_items(tell: Callable[[str], None]) -> int:
    """Post the demo items as an integrator would; returns how many were new."""
    source = source_ensure(name="demo")
    now = db_now()
    rows: list[dict[str, Any]] = [*review_items(), *chat_items(now), *order_items(now), *contact_items(now), *_videos(source, tell)]
    rows.sort(key=lambda row: -int(row["minutes_ago"]))
    for row in rows:
        row["created_at"] = (now - timedelta(minutes=int(row.pop("minutes_ago")))).isoformat()
    received = items_receive(source=source, rows=[parse_item(row) for row in rows], actor="system")
    return sum(answer.result == "created" for answer in received)


def _videos(source: Source, tell: Callable[[str], None]) -> Sequence[dict[str, Any]]:
    from console.demo.clips import CLIPS, draw_clip  # noqa: PLC0415 - drawing needs av and numpy, the web process does not

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n, (title, description, style, words) in enumerate(CLIPS, 1):
            tell(f"drawing clip {n} of {len(CLIPS)}")
            path = Path(folder) / f"clip-{n}.webm"
            draw_clip(path, style, words)
            with path.open("rb") as handle:
                received = upload_receive(File(handle))
            media = media_create(source=source, received=received, actor="system")
            payload = {"media": str(media.pk), "title": title, "description": description}
            rows.append(
                {
                    "kind": "video",
                    "external_id": f"demo-video-{n}",
                    "minutes_ago": 30 * n,
                    "payload": payload,
                    "actor": {"id": f"maker-{n}"},
                }
            )
    return rows
