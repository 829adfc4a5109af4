"""The loop on real input, through the REST API of a running console.

    python -m tests.bench.real_data --url http://127.0.0.1:8000 --data DIR --home DIR --out results.json

posts the development sets, waits for the workers, lets a scripted reviewer decide cases by the known labels, retrains, and reports.
Tokens are made with `manage.py create_token` of the same checkout (so it runs on the machine of the console).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.client import Api, progress, until
from tests.bench.datasets import Row, load_sets, unseen_by_starter

BULK = 500
UNDO_SECONDS = 10
HISTORY = 800  # rows imported with labels: cases come worst first, and a test needs harmless ones too
BASE = 4000  # rows of base data for the retraining


def token(home: str, role: str) -> str:
    command = [sys.executable, "manage.py", "create_token", "--source", "bench", "--role", role]
    made = subprocess.run(command, env={**os.environ, "SECOND_LOOK_HOME": home}, capture_output=True, text=True, check=True)
    return made.stdout.split()[-1]


def post(api: Api, kind: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Post in bulk; returns how many were taken and how fast."""
    started, counts = time.monotonic(), Counter[str]()
    for start in range(0, len(rows), BULK):
        bodies = []
        for row in rows[start : start + BULK]:
            body = dict(row.body)
            if row.file is not None:
                body["payload"] = {**body["payload"], "media": api.upload(row.file)["id"]}
            bodies.append(body)
        answer = api.call("POST", "items/bulk", json={"items": bodies})
        counts.update({name: answer[name] for name in ("accepted", "same", "refused")})
        progress(f"posting {kind}: {len(rows)} items", min(1, (start + BULK) / len(rows)))
    took = time.monotonic() - started
    return {"posted": len(rows), **counts, "seconds": round(took, 2), "items_per_second": round(len(rows) / took, 1)}


def wait_scored(api: Api, kind: str, count: int, seconds: float) -> float:
    """Until nothing of the kind is merely received."""

    def share() -> float:
        left = sum(1 for _ in api.pages("items", kind=kind, status="received", limit=200))
        return 1 - min(left, count) / count if left else 1.0

    return until(share, f"scoring {kind}", seconds=seconds, every=2)


def outcomes(api: Api, kind: str, known: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Decisions of the machine, and how often the automatic ones contradict the known labels."""
    counts, wrong, known_auto = Counter[str](), Counter[str](), Counter[str]()
    for row in api.pages("decisions", kind=kind, limit=200):
        if row["external_id"] not in known:
            continue
        counts[row["outcome"]] += 1
        labels = known[row["external_id"]]
        if labels and row["outcome"] in ("allow", "enforce") and row["automated"]:
            harmful = any(labels.values())
            known_auto[row["outcome"]] += 1
            wrong[row["outcome"]] += harmful != (row["outcome"] == "enforce")
    error = {name: f"{wrong[name]} of {known_auto[name]}" for name in known_auto}
    return {"decisions": dict(counts), "automatic_against_known_labels": error}


def send(api: Api, kind: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Post, wait until the workers are through, count what they decided."""
    started = time.monotonic()
    report: dict[str, Any] = {"intake": post(api, kind, rows)}
    wait_scored(api, kind, len(rows), seconds=2400)
    took = time.monotonic() - started
    report |= {"posted_to_all_decided_s": round(took, 1), "items_per_second": round(len(rows) / took, 1)}
    return report | outcomes(api, kind, {r.body["external_id"]: r.labels for r in rows})


def review(api: Api, queue: str, clauses: dict[str, str], known: dict[str, dict[str, int]], most: int) -> dict[str, Any]:
    """Decide up to `most` cases by the known labels; a case of an unknown item is skipped."""
    done, skipped, claim_ms, verdict_ms = 0, 0, [], []
    while done < most:
        started = time.perf_counter()
        case = api.call("POST", f"queues/{queue}/claim")
        if case is None:
            break
        claim_ms.append((time.perf_counter() - started) * 1000)
        labels = known.get(case["item"]["external_id"])
        case_id = case["case"]["id"] if isinstance(case["case"], dict) else case["case"]
        if labels is None:
            api.call("POST", f"cases/{case_id}/skip", json={"token": case["token"], "reason": "other"})
            skipped += 1
            continue
        broken = [clauses[name] for name, value in labels.items() if value]
        body = {"token": case["token"], "outcome": "enforce" if broken else "allow", "clauses": broken}
        started = time.perf_counter()
        api.call("POST", f"cases/{case_id}/verdict", json=body)
        verdict_ms.append((time.perf_counter() - started) * 1000)
        done += 1
        progress(f"reviewing {queue}", done / most)
    median = [sorted(values)[len(values) // 2] if values else None for values in (claim_ms, verdict_ms)]
    return {"decided": done, "skipped": skipped, "claim_ms_p50": median[0], "verdict_ms_p50": median[1]}


def import_labels(home: str, kind: str, rows: Sequence[Row], *words: str) -> str:
    """Labels that the platform has already: its history, or with --base what a new model should not forget. Returns what the
    command said."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"id": row.body["external_id"], "payload": row.body["payload"], "labels": row.labels}) + "\n")
        file.flush()
        command = [sys.executable, "manage.py", "import_labels", file.name, "--kind", kind, *words]
        done = subprocess.run(command, env={**os.environ, "SECOND_LOOK_HOME": home}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def retrain(api: Api, kind: str) -> dict[str, Any]:
    run = api.call("POST", "training/runs", json={"kind": kind})

    def share() -> float:
        now = api.call("GET", f"training/runs/{run['id']}")
        run.update(now)
        return 1.0 if now["state"] in ("done", "failed", "cancelled") else min(0.99, float(now["progress"]))

    seconds = until(share, f"training {kind}")
    models = api.call("GET", "models", params={"kind": kind})["results"]
    model = next((m for m in models if m["model"] == run["model"]), None)
    return {"run": {k: run[k] for k in ("state", "error", "model")}, "seconds": round(seconds, 1), "model": model}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--data", type=Path, required=True, help="folder with the development sets")
    parser.add_argument("--home", default="var", help="SECOND_LOOK_HOME of the running console")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="rows of each kind, 0 = all")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--run", default=f"b{int(time.time())}", help="prefix of the external ids")
    options = parser.parse_args()
    sender = Api(options.url, token(options.home, "integration"))
    rita = Api(options.url, token(options.home, "moderator"))
    ada = Api(options.url, token(options.home, "admin"))
    report: dict[str, Any] = {}
    sets = load_sets(options.data, options.run)
    # People decide, and the models are compared, on texts that the starter was not trained on: it would know the others.
    fresh = unseen_by_starter(options.data, sets["review"])
    known = {r.body["external_id"]: r.labels for r in sets["review"]}
    history, fresh = fresh[:HISTORY], fresh[HISTORY:]
    steps = [*((kind, rows) for kind, rows in sets.items() if kind != "review"), ("review", fresh)]
    for kind, rows in steps:
        report[kind] = send(sender, kind, rows[: options.limit] if options.limit else rows)
    report["queues"] = {q["slug"]: q["waiting"] for q in rita.call("GET", "queues")["results"]}
    report["people"] = review(rita, "reviews", {"hate": "4.1", "harassment": "4.4"}, known, options.cases)
    posted = {row.body["external_id"] for row in (*history, *fresh)}
    rest = [row for row in sets["review"] if row.body["external_id"] not in posted]
    time.sleep(UNDO_SECONDS + 2)  # a verdict teaches once it can no longer be undone
    report["history"] = import_labels(options.home, "review", history)
    report["base"] = import_labels(options.home, "review", rest[:BASE], "--base")
    report["training"] = retrain(ada, "review")
    model = report["training"]["model"]
    if model and model["state"] == "candidate":
        report["promoted"] = ada.call("POST", f"models/{model['model']}/promote", json={"reason": "better on the frozen test"})
    report["review, the rest"] = send(sender, "review", rest[: options.limit] if options.limit else rest)
    text = json.dumps(report, indent=1, default=str)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
