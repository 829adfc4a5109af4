"""Writes the video starter: `python -m scoring.training.starters.video --out scoring/starters/video`.

It holds no learnt weights. There is no openly licensed set of labelled frames that may shape an artifact here, so a head
trained on drawings would only pretend. The starter does what can be done honestly without one: known content by hash, and
the words in title, description and frames by the review model. Everything on the frames themselves goes to a person.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scoring.artifacts import Bundle, write_bundle
from scoring.kinds.video.head import FILE, Head

VERSION = "starter-1"
LABELS = ("text_harm", "known_content")
CARD = """# Video starter

What it is: the rules by which a video is looked at before anything was learnt from your own labels. It has no weights.

- **Known content**: SHA-256 of the file, PDQ and vPDQ of sampled frames against your banks. A picture within 31 of 256 bits, or a
  video of whose distinct frames at least 80 % are in one entry, is the same content. Fewer frames is a partial match, for a person.
- **Words**: title, description and text read from frames (where Tesseract is installed) go through the review starter; the
  highest risk is `text_harm`. How good that is stands in the review starter's card; text over moving pictures is read worse.
- **Frames**: with no frame classifier configured nothing is said about them, the case says so and a person looks. With one
  (any Hugging Face image-classification model, `FRAME_MODEL`), its smoothed maxima are the labels; they are not calibrated.

Trained from: nothing. Data: none. Licence: that of the product.

Not for: deciding about nudity, sexual activity, violence or extremism without a frame classifier and a head trained on your own
verdicts (trainer `quick`), or for automating anything but known content.
"""


def write_starter(out: Path) -> Bundle:
    def fill(folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(Head().to_json(), indent=1), "utf-8")
        (folder / "MODEL_CARD.md").write_text(CARD, "utf-8")

    return write_bundle(out, kind="video", version=VERSION, trainer="none", labels=LABELS, fill=fill, meta={"data": "none"})


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the video starter model.")
    parser.add_argument("--out", type=Path, required=True)
    bundle = write_starter(parser.parse_args().out)
    sys.stdout.write(f"{bundle.model} {bundle.checksum}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
