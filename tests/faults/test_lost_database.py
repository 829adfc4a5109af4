"""Without its database the web server says so, and goes on by itself when the database is back."""

from __future__ import annotations

import json
from http.client import HTTPConnection

import pytest

from tests.faults.conftest import Shop
from tests.faults.product import Product, contact, until

pytestmark = pytest.mark.faults


def _call(product: Product, method: str, path: str, *, token: str = "", body: object = None) -> tuple[int, str, bytes]:
    call = HTTPConnection("127.0.0.1", product.port, timeout=40)
    try:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
        call.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        answer = call.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read()
    finally:
        call.close()


def test_it_answers_503_without_the_database_and_recovers(shop: Shop, product: Product) -> None:
    token = product.manage("create_token", "--source", "shop", "--role", "integration").split()[-1]
    assert _call(product, "POST", "/api/v1/items", token=token, body=contact("db-before"))[0] == 202

    shop.database.stop()
    try:
        status, content_type, body = _call(product, "POST", "/api/v1/items", token=token, body=contact("db-meanwhile"))
        assert (status, content_type.partition(";")[0]) == (503, "application/problem+json"), body
        assert _call(product, "GET", "/readyz")[0] == 503
        assert _call(product, "GET", "/healthz")[0] == 200
    finally:
        shop.database.start()

    until(lambda: _call(product, "GET", "/readyz")[0] == 200, seconds=60, what="it is ready again")
    assert _call(product, "POST", "/api/v1/items", token=token, body=contact("db-after"))[0] == 202
    with product.light_worker():
        until(lambda: product.settled("db-") == 2, seconds=60, what="both accepted items are settled")
    product.require_whole("db-", 2)
