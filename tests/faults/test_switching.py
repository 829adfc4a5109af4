"""A real worker takes another model, goes back, and leaves a damaged one, without being started again."""

from __future__ import annotations

import pytest

from tests.faults.product import Product, until

pytestmark = pytest.mark.faults

REGISTER = """
import shutil
from django.conf import settings
from console.training.models import ModelVersion
from console.training.selectors import champion, champion_bundle, home_path
from console.training.starters import bundle_path
from scoring.artifacts import MANIFEST, write_bundle
old, serving = champion_bundle("contact"), champion("contact")
path = bundle_path("contact", "next")
skip = shutil.ignore_patterns(MANIFEST)
made = write_bundle(
    home_path(path), kind="contact", version="next", trainer=old.trainer, labels=old.labels, meta=old.meta,
    fill=lambda out: shutil.copytree(old.path, out, ignore=skip, dirs_exist_ok=True) and None,
)
ModelVersion.objects.create(
    kind="contact", version="next", path=path, checksum=made.checksum, trainer=old.trainer, parent=serving.version,
)
"""
ALONE = ("--by", "switcher", "--override", "--reason", "The test of switching.")


def scored_by(product: Product, name: str) -> str:
    product.post([name])
    until(lambda: product.settled(name) == 1, seconds=60, what=f"{name} is scored")
    sql = "SELECT s.model FROM intake_item i JOIN scores_score s ON s.item_id = i.id WHERE i.external_id = %s"
    return str(product.ask(sql, name)[0][0])


def test_a_worker_switches_rolls_back_and_leaves_a_damaged_model_without_a_restart(product: Product) -> None:
    product.manage("shell", "-c", REGISTER)
    product.manage("create_user", "switcher", "--role", "admin", "--password", "plain-sight-42")
    with product.light_worker() as worker:
        first = scored_by(product, "switch-1")
        assert "contact@next serves" in product.manage("promote", "contact@next", *ALONE)
        assert scored_by(product, "switch-2") == "contact@next"
        head = next(path for path in (product.home / "models" / "contact" / "next").rglob("*") if path.name != "manifest.json")
        whole = head.read_bytes()
        head.write_bytes(whole + b" ")
        product.ask("UPDATE training_modelversion SET damage = 'found by the test' WHERE version = 'next' RETURNING id")
        assert scored_by(product, "switch-3") == first
        head.write_bytes(whole)
        product.manage("verify_models", "contact")
        assert scored_by(product, "switch-4") == "contact@next"
        product.manage("rollback", "contact", "--reason", "The test of switching.")
        assert scored_by(product, "switch-5") == first
        assert worker.poll() is None
    product.require_whole("switch-", 5)
