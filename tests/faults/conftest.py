"""One installation for the tests that leave it whole. Short leases, so that a death is noticed within seconds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.common import embedded
from console.operate.postgres import Postgres
from tests.faults.product import Product, until


@dataclass
class Shop:
    """A running product and the database that the test keeps for it."""

    product: Product
    database: Postgres


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="second-look-fault-db-") as folder:
        Path(folder).chmod(0o755)
        database = Postgres(Path(folder), for_tests=True)
        database.start()
        product = Product(database_url=embedded.database_url(Path(folder)), LEASE_SECONDS="6", SWEEP_SECONDS="2")
        try:
            product.start("--lanes", "deliver,sweep")
            yield Shop(product, database)
            product.require_true_trail()
        finally:
            product.stop()
            database.stop()
            product.remove()
            shutil.rmtree(embedded.database_folder(Path(folder)), ignore_errors=True)


@pytest.fixture
def product(shop: Shop) -> Iterator[Product]:
    yield shop.product
    assert shop.product.is_running(), shop.product.output()
    until(lambda: shop.product.child("worker --queues deliver,sweep"), seconds=60, what="the duty worker is there again")
