"""The process of one run: started by the train worker, ended with it, held to the limits of the run's kind."""

from __future__ import annotations

import sys

from console.training.caps import cap_memory
from console.training.limits import limits_of
from console.training.runs import run_one
from console.training.services import run_execute


def main(run_id: str) -> None:
    cap_memory(limits_of(run_one(run_id).kind))
    run_execute(run_id)


if __name__ == "__main__":
    main(sys.argv[1])
