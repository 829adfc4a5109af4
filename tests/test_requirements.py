"""What the code imports is what a new machine gets."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = {"console", "scoring", "workers", "tests"}


def _name(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {_name(line.partition("==")[0]) for line in lines if "==" in line and not line.startswith("#")}


def _imported(folder: str) -> dict[str, str]:
    """Top-level module -> one file that imports it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return found


def test_it_locks_every_package_that_the_product_imports() -> None:
    locked, homes = _locked(), packages_distributions()
    missing = [
        f"{module} (imported by {path})"
        for folder in ("console", "scoring", "workers")
        for module, path in _imported(folder).items()
        if module not in OWN | set(sys.stdlib_module_names) and not {_name(d) for d in homes.get(module, [])} & locked
    ]
    assert missing == []
