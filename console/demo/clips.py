"""Short clips, drawn here: a test picture that moves, a slide with words on it, lights that flash, and a still."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CLIPS = [
    ("Sunset time lapse", "Eight seconds of a drawn sky.", "drift", ""),
    ("Half price tickets", "", "slide", "Message me for half price tickets\nwww.cheap-tix.example\nLimited offer, pay by gift card"),
    ("Club night", "The lights go wild for three seconds.", "strobe", ""),
    ("Shop opening", "A still picture with a door.", "drift", "We open on Monday"),
]


def draw_clip(path: Path, style: str, words: str, *, seconds: int = 8, rate: int = 12) -> None:
    """Write a WebM of 320 x 180, as VP8: every browser plays it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=rate, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.thread_count = 1
        for n in range(seconds * rate):
            frame = av.VideoFrame.from_ndarray(np.asarray(_picture(style, words, n / (seconds * rate))), format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def _picture(style: str, words: str, share: float) -> Image.Image:
    ground = (250, 248, 240) if style == "slide" else (int(40 + 160 * share), 90, int(200 - 120 * share))
    picture = Image.new("RGB", (320, 180), ground)
    if style == "strobe" and 0.4 < share < 0.8:  # on and off with every picture: six flashes a second
        lit = round(share * 96) % 2
        picture = Image.new("RGB", (320, 180), (250, 250, 250) if lit else (8, 8, 12))
    draw = ImageDraw.Draw(picture)
    if style == "drift":
        x = int(20 + 260 * share)
        draw.ellipse((x, 40, x + 40, 80), fill=(255, 220, 120))
        draw.rectangle((0, 140, 320, 180), fill=(30, 60, 40))
    if words:
        draw.multiline_text((12, 60), words, fill=(20, 20, 30), font=ImageFont.load_default(size=15), spacing=6)
    return picture
