"""`hash` and `match`: fingerprints of images and videos. The work is in scoring.media."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module

from scoring.cli.errors import CommandError
from scoring.cli.lines import write_line
from scoring.types import Json

MEDIA = "scoring.media.cli"


def run_hash(args: argparse.Namespace) -> int:
    return _write(import_module(MEDIA).hash_paths(args.paths))


def run_match(args: argparse.Namespace) -> int:
    media = import_module(MEDIA)
    try:
        return _write(media.match_paths(args.bank, args.paths))
    except media.BankError as error:
        raise CommandError(f"{args.bank}: {error}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{args.bank}: not UTF-8") from error


def _write(lines: Iterable[dict[str, Json]]) -> int:
    bad = 0
    for line in lines:
        write_line(line)
        sys.stdout.flush()
        bad += line.get("error") is not None
    return 1 if bad else 0
