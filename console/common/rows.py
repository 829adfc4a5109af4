"""Rows of hot paths: statements that the server plans once for each connection, read into models without building a query.

The ORM spends more on building a query than PostgreSQL on answering it. A page that a person waits for all day reads its few
rows this way; everything else stays with the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any] | Sequence[Any]


@contextmanager
def planned() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor that binds on the server: the same statement is parsed and planned once, then only run. Parameters need a type
    that can be seen from the statement (`%(name)s::text[]`). Errors are those of Django."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


@contextmanager
def one_trip() -> Iterator[None]:
    """What is planned in here is sent together, BEGIN too, and runs one after the other on the server: the first that is fetched waits
    for all before it. Only for run(), row() and rows(): the ORM counts rows before they are known."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def run(sql: str, values: Values) -> None:
    """Nothing of the answer is needed."""
    with planned() as cursor:
        cursor.execute(sql.encode(), values)


def row(sql: str, values: Values) -> tuple[Any, ...] | None:
    """The first row."""
    with planned() as cursor:
        cursor.execute(sql.encode(), values)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def rows(sql: str, values: Values) -> list[tuple[Any, ...]]:
    with planned() as cursor:
        cursor.execute(sql.encode(), values)
        return cursor.fetchall()


def columns(model: type[Model], alias: str) -> str:
    """All columns of a model, in the order in which read() takes them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def read(model: type[M], values: Sequence[Any]) -> M:
    """The object of a row of columns()."""
    names, readers = _shape(model)
    made = [reader(value) for reader, value in zip(readers, values, strict=True)]
    return model.from_db("default", names, made)


def read_joined(values: Sequence[Any], *models: type[Model]) -> Iterator[Any]:
    """One object for each model, of a row that holds the columns() of all, one after the other."""
    start = 0
    for model in models:
        end = start + len(model._meta.concrete_fields)
        yield read(model, values[start:end])
        start = end


def first(model: type[M], tail: str, values: Values) -> M | None:
    """The first row of `model` as `t`: first(Score, "WHERE t.item_id = %s ORDER BY t.id DESC LIMIT 1", [pk])."""
    found = row(f"SELECT {columns(model, 't')} FROM {model._meta.db_table} t {tail}", values)
    return read(model, found) if found else None


@cache
def _shape(model: type[Model]) -> tuple[list[str], list[Callable[[Any], Any]]]:
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], [_reader(field) for field in fields]


def _reader(field: Field[Any, Any]) -> Callable[[Any], Any]:
    """JSON comes as text, as the ORM gets it."""
    converters = field.get_db_converters(connection)

    def convert(value: Any) -> Any:
        for converter in converters:
            value = converter(value, None, connection)
        return value

    return convert if converters else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
