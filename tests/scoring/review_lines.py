"""Labelled review lines for tests, from the templates of the starter: our own words, mild on purpose."""

from __future__ import annotations

from typing import Any

from scoring.training.starters.review_talk import talk


def review_lines(each: int = 3) -> list[dict[str, Any]]:
    """Two labels that do not exclude each other: harassment and spam."""
    lines = []
    for number, (text, function, labels) in enumerate(talk(3, each)):
        if function in ("insult", "advertising", "honest", "rude-but-fair", "not-advertising"):
            wanted = {name: labels[name] for name in ("harassment", "spam")}
            lines.append({"id": f"r{number}", "payload": {"text": text, "rating": 1 + number % 5}, "labels": wanted})
    return lines


def one_hot_lines(each: int = 3) -> list[dict[str, Any]]:
    """Three labels that exclude each other: attack, spam, neither."""
    lines = []
    for line in review_lines(each):
        harassment, spam = line["labels"]["harassment"], line["labels"]["spam"]
        labels = {"attack": harassment, "spam": spam, "neither": int(not harassment and not spam)}
        lines.append({**line, "labels": labels})
    return lines
