"""The rules of the house, held by tests: who may import whom, what stays light, how big a room may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from scoring.registry import KINDS

ROOT = Path(__file__).resolve().parent.parent
APPS = (
    "common", "audit", "accounts", "alerts", "policies", "banks", "intake", "scores", "cases", "verdicts", "quality", "enforcement",
    "training", "automation", "watch", "backtests", "insights",
)  # fmt: skip
TOP = ("console", "scoring", "workers")
HEAVY = ("numpy", "torch", "sklearn", "cv2", "onnxruntime", "lightgbm", "transformers", "av", "scipy")
DOORS = ("console.api", "console.ui", "console.flow", "console.demo", "console.management")


def _files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


@lru_cache(maxsize=2000)
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, at its top or inside a function."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports by dots"
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _is_below(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _wrong_imports(files: list[Path], *forbidden: str) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line} {name}" for path in files for line, name in _imports(path) if _is_below(name, *forbidden)]


@pytest.mark.parametrize("app", APPS)
def test_it_lets_an_app_import_only_those_to_its_left(app: str) -> None:
    to_the_right = [f"console.{name}" for name in APPS[APPS.index(app) + 1 :]]
    files = [path for path in _files(f"console/{app}") if "management" not in path.parts]
    assert _wrong_imports(files, *to_the_right, *DOORS, "workers") == []


def test_it_lets_nobody_import_the_workers() -> None:
    assert _wrong_imports(_files("console", "scoring"), "workers") == []


def test_it_keeps_dispatch_and_common_free_of_the_apps() -> None:
    apps = [f"console.{name}" for name in APPS if name != "common"]
    assert _wrong_imports([ROOT / "console/dispatch.py", *_files("console/common")], *apps, *DOORS) == []


def test_it_keeps_the_apps_out_of_the_services_that_run_them() -> None:
    apps = [f"console.{name}" for name in APPS if name != "common"]
    assert _wrong_imports(_files("console/operate"), *apps, *DOORS, "workers") == []


def test_it_keeps_api_and_pages_apart() -> None:
    assert _wrong_imports(_files("console/api"), "console.ui") == []
    assert _wrong_imports(_files("console/ui"), "console.api") == []


def test_it_keeps_scoring_free_of_the_web() -> None:
    assert _wrong_imports(_files("scoring"), "console", "workers", "django", "celery", "redis", "rest_framework") == []


def test_it_never_pickles() -> None:
    assert _wrong_imports(_files(*TOP), "pickle", "joblib", "cloudpickle", "dill", "shelve", "marshal") == []


def _loaded_after(code: str) -> set[str]:
    show = "import sys; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{code}; {show}"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_it_imports_scoring_without_heavy_libraries() -> None:
    loaded = _loaded_after("import scoring, scoring.registry, scoring.artifacts, scoring.decide")
    assert loaded & {*HEAVY, "django", "celery", "redis"} == set()


def test_it_serves_pages_without_a_machine_learning_library() -> None:
    """numpy may come along with a database driver's adapters; what scores may not."""
    every_view = "from django.urls import get_resolver; get_resolver().reverse_dict"
    assert _loaded_after(f"import console.wsgi, console.urls; {every_view}") & {*HEAVY} == set()


def _names_a_kind(node: ast.expr) -> bool:
    """kind, item.kind, kind.name, self.kind.name"""
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return _names_a_kind(node.value)
    return (isinstance(node, ast.Name) and node.id in ("kind", "kind_name")) or (isinstance(node, ast.Attribute) and node.attr == "kind")


def _literal_kinds(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and part.value in KINDS for part in ast.walk(node))


def _branches_on_kind(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(_names_a_kind(side) for side in sides) and any(_literal_kinds(side) for side in sides):
                yield node.lineno
        elif isinstance(node, ast.Match):
            if _names_a_kind(node.subject):
                yield node.lineno
        elif isinstance(node, ast.Subscript):
            table = node.value
            if isinstance(table, ast.Dict) and _literal_kinds(table) and _names_a_kind(node.slice):
                yield node.lineno


def test_it_branches_on_a_kind_nowhere_but_in_the_kinds() -> None:
    files = [path for path in _files(*TOP) if not path.is_relative_to(ROOT / "scoring/kinds")]
    assert [f"{path.relative_to(ROOT)}:{line}" for path in files for line in _branches_on_kind(_tree(path))] == []
    names = "|".join(KINDS)
    tag = re.compile(rf"{{%.*\bkind(\.name)?\s*(==|!=|in)\s*['\"]({names})['\"].*%}}")
    pages = [path for path in (ROOT / "templates").rglob("*.html") if tag.search(path.read_text("utf-8"))]
    assert pages == []


def test_it_would_find_a_branch_on_a_kind() -> None:
    """The rule above is worth something only if it can fail."""
    tests = ('if item.kind == "review": pass', 'x = kind.name in ("chat", "video")')
    for line in (*tests, 'x = {"order": 1}[kind]', "match kind:\n case 'chat': pass"):
        assert list(_branches_on_kind(ast.parse(line))), line
    assert not list(_branches_on_kind(ast.parse('if outcome == "review": pass')))


def _code() -> list[Path]:
    return [path for path in _files(*TOP, "tests") if "migrations" not in path.parts]


def test_it_keeps_rooms_small() -> None:
    assert [f"{path.relative_to(ROOT)}: {n}" for path in _code() if (n := len(path.read_text("utf-8").splitlines())) > 400] == []


def test_it_keeps_functions_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _code()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []


def test_it_has_no_drawer_for_everything() -> None:
    assert [path for path in _code() if path.stem in ("utils", "util", "helpers", "helper", "misc", "tools", "stuff")] == []


def test_it_schedules_nothing_in_the_broker() -> None:
    """On Redis an ETA beyond the visibility timeout runs many times: times are columns."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _files("console", "workers")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and any(word.arg in ("eta", "countdown") for word in node.keywords)
    ]
    assert found == []


def test_its_migrations_are_named_and_in_one_line() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for app in APPS:
        names = sorted(name for label, name in loader.disk_migrations if label == app)
        assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)], app
        assert not [name for name in names if "_auto_" in name or "merge" in name]
        assert len(names) == 0 or len(loader.graph.leaf_nodes(app)) == 1
    files = [path for path in _files("console") if "migrations" in path.parts]
    apps = [f"console.{app}" for app in APPS]
    wrong = [found for found in _wrong_imports(files, *apps) if " console.common.ids" not in found]
    assert wrong == []


@pytest.mark.django_db
def test_its_models_have_no_change_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert {row[0] for row in cursor.fetchall()} <= {"plpgsql", "vector"}


def test_nothing_names_this_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    words = re.compile(rb"/(?:root/\.|work/(?:main|shared))|\bpypi\.(org|python)|files\.pythonhosted|npmjs\.(org|com)|index-url[ =]+http")
    here = str(Path(__file__).relative_to(ROOT))
    texts = [name for name in listed if name and name != here and (ROOT / name).is_file() and (ROOT / name).stat().st_size < 2_000_000]
    assert [name for name in texts if words.search((ROOT / name).read_bytes())] == []


def test_it_documents_every_environment_variable() -> None:
    reader = re.compile(r"\benv\.(?:text|flag|integer|words|folder)\(\s*\"([A-Z_]+)\"")
    read = {name for path in _files("console", "workers") for name in reader.findall(path.read_text("utf-8"))}
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / "docker/.env.example").read_text("utf-8"), re.MULTILINE))
    assert "SECRET_KEY" in read
    assert read - listed == set()
