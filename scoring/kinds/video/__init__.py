"""The video kind: uploaded videos and pictures, looked at by frame, hash and text."""

from __future__ import annotations

from pathlib import Path

from scoring.kind import Kind, Words
from scoring.kinds.video.card import draw_card, headline, uploader_facts, uploader_keys
from scoring.kinds.video.payload import VideoPayload, media_names, searchable_text

VIDEO = Kind(
    name="video",
    words=Words(one="video", many="videos", allow="Allow", allowed="Kept", enforce="Remove", enforced="Removed"),
    lane="heavy",
    payload=VideoPayload,
    scorer="scoring.kinds.video.scorer:VideoScorer",
    trainers={"quick": "scoring.kinds.video.training:train_quick"},
    card=draw_card,
    headline=headline,
    text=searchable_text,
    media=media_names,
    prose=True,
    observed=("strip", "transcript", "duration_s", "flashes"),
    policy=Path(__file__).with_name("policy.json"),
    keys=uploader_keys,
    facts=uploader_facts,
    alike="media",
    layout="wide",
    exam="scoring.kinds.video.exam:EXAM",
    icon="M3 5h10v10H3zM13 9l4-3v8l-4-3z",
)
