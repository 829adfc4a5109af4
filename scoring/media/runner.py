"""Runs one reading job on one file in a process of its own, which has limits and nothing to lose.

Whatever the file does to the decoder (crash, endless loop, memory), the caller gets a MediaError and no process,
descriptor or temporary file is left. This module needs only the standard library: the web process uses it.
"""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import scoring
from scoring.media.errors import MediaError
from scoring.media.limits import Limits

RESULT = "result.json"
RESULT_BYTES = 64 * 1024 * 1024
ROOT = Path(scoring.__file__).resolve().parent.parent


def run_child(job: str, path: Path, work: Path, limits: Limits, **options: Any) -> dict[str, Any]:
    """Run `job` (probe, sample, hash, flashes) on `path`; files it writes land in the folder `work`.

    Raises MediaError with one sentence: the file is not acceptable, or the reader crashed or ran out of its limits.
    """
    request = {"job": job, "path": str(check_file(path, limits)), "limits": limits.as_dict(), "options": options}
    command = [sys.executable, "-P", "-s", "-B", "-m", "scoring.media.child"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work, env=_environment(),
    )  # fmt: skip
    try:
        process.communicate(json.dumps(request).encode(), timeout=limits.wall_s)
    except subprocess.TimeoutExpired:
        raise MediaError(f"Reading it took longer than {limits.wall_s:g} seconds.") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return _answer(work / RESULT, process.returncode)


def check_file(path: Path, limits: Limits) -> Path:
    """The absolute path of a plain file. Pipes, devices and folders are refused before anything opens them."""
    try:
        found = path.resolve(strict=True)
        status = found.stat()
    except (OSError, RuntimeError) as error:
        raise MediaError("There is no such file, or it may not be read.") from error
    if not stat.S_ISREG(status.st_mode):
        raise MediaError("It is not a plain file.")
    if status.st_size > limits.file_bytes:
        raise MediaError(f"It is larger than {limits.file_bytes // 1024**2} MB.")
    return found


def _environment() -> dict[str, str]:
    """A short list of its own: the reader has no business with keys and addresses in the parent's environment."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **single}


def _answer(result: Path, code: int) -> dict[str, Any]:
    if code == 0 and result.is_file() and result.stat().st_size <= RESULT_BYTES:
        answer: dict[str, Any] = json.loads(result.read_bytes())
        if "error" in answer:
            raise MediaError(str(answer["error"]))
        return answer
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise MediaError("Reading it took more processor time or memory than one file may use.")
    if code < 0:
        raise MediaError(f"The reader stopped on it ({signal.Signals(-code).name}).")
    raise MediaError("The reader failed on it.")
