"""The process that reads one stranger's file: `python -m scoring.media.child`, a request on stdin, result.json as answer.

It limits itself before and after its imports (jail.py) and works in an empty temporary folder. Its answers are data:
JSON, and frames as .npy without pickle.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scoring.media.errors import MediaError
from scoring.media.jail import enter_early, enter_late
from scoring.media.limits import Limits
from scoring.media.runner import RESULT
from scoring.media.sniff import sniff


def answer(request: dict[str, Any]) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    enter_early(limits.cpu_s, limits.output_bytes)
    path = Path(request["path"])
    found = sniff(path)
    # The decoders are imported here, after the first limits hold and only for a file that may be read at all.
    from scoring.media import jobs  # noqa: PLC0415

    enter_late(limits.memory)
    result: dict[str, Any] = jobs.JOBS[request["job"]](path, found, limits, **request["options"])
    return result


def main() -> int:
    try:
        result = answer(json.loads(sys.stdin.buffer.read()))
    except MediaError as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"error": "Reading it took more memory than one file may use."}
    Path(RESULT).write_text(json.dumps(result), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
