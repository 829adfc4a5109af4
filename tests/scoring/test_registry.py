from __future__ import annotations

import subprocess
import sys

import pytest

from scoring.policy import read_policy
from scoring.registry import KINDS, get_kind

HEAVY = ("django", "torch", "cv2", "sklearn", "numpy", "lightgbm", "onnxruntime", "transformers", "scipy")


def test_it_knows_the_five_kinds() -> None:
    assert list(KINDS) == ["review", "video", "chat", "order", "contact"]
    assert all(kind.name == name for name, kind in KINDS.items())


def test_it_names_the_kinds_there_are_when_asked_for_another() -> None:
    with pytest.raises(KeyError, match="no kind 'poem'; there are review, video"):
        get_kind("poem")


@pytest.mark.parametrize("name", ["review", "video", "chat", "order", "contact"])
def test_every_kind_can_be_drawn_and_has_a_policy(name: str) -> None:
    kind = KINDS[name]
    assert read_policy(kind.policy).kind == name
    assert len({kind.icon for kind in KINDS.values()}) == len(KINDS)
    assert kind.words.allow != kind.words.enforce


def test_a_trainer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(KeyError, match="order has no trainer 'magic'; it has quick, linear"):
        KINDS["order"].load_trainer("magic")


def test_the_web_process_gets_no_heavy_library_with_the_registry() -> None:
    code = f"import sys, scoring, scoring.registry; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
