"""What reading one file may cost. A file that would cost more is refused, never half trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on the file and on the process that reads it. `soft_s` ends sampling early with what was found."""

    file_bytes: int = 4 * 1024 * MEGABYTE
    pixels: int = 40_000_000
    side: int = 16_384
    animation_frames: int = 2_000
    streams: int = 64
    duration_s: float = 12 * 3600.0
    hashed_frames: int = 20_000
    cpu_s: int = 30
    soft_s: float = 22.0
    wall_s: float = 120.0
    memory: int = 512 * MEGABYTE  # beyond what the started process holds already
    output_bytes: int = 256 * MEGABYTE

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


PROBING = Limits(cpu_s=10, soft_s=8.0, wall_s=20.0, output_bytes=MEGABYTE)
SAMPLING = Limits()
HASHING = Limits(cpu_s=600, soft_s=600.0, wall_s=1200.0)
