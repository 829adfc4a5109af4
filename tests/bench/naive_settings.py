"""The product with one more address: the next case, claimed the plain ORM way."""

from console.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.naive_urls"
