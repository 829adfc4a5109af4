"""Films of a minute in headless Chromium against the web server as the product runs it, none of them seen before by the browser. The naive
ways are those of a page that keeps no strip: it seeks the film itself scene by scene; and that fetches a film before it plays it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from django.conf import settings
from playwright.sync_api import Page

from console.accounts.models import Source
from console.accounts.roles import Role
from console.accounts.services import source_ensure, user_create
from console.cases.models import Case
from console.flow import items_receive, scoring_gave_up
from console.intake.media import media_path
from console.intake.models import Media
from console.intake.parsing import parse_item
from console.scores.models import Score
from scoring.media.strip import MOST, write_strip
from tests.bench.in_claim import web
from tests.bench.in_next import session_of
from tests.bench.result import Result
from tests.e2e.browser import chromium
from tests.scoring.made_media import Painter, Pixels, make_video, scene

FILMS, SECONDS, RATE, SIZE = 12, 60, 24, (640, 360)
LOOKS = 2000  # ms before the film is played: enough for what comes next to be fetched
TIMES = [SECONDS * (n + 0.5) / MOST for n in range(MOST)]  # in the middle of each part
# Milliseconds since the key that gave the verdict, or since the page was asked for, at the frame that shows the last picture of the strip.
STRIP = """async () => {
  const pictures = [...document.querySelectorAll('#screen .frames img')];
  for (const picture of pictures) await picture.decode();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [pictures.length, performance.now() - (window.given ?? 0)];
}"""
# From the key that plays to the first picture that the film shows.
LISTEN = """
window.played = null;
addEventListener('keydown', (event) => {
  const began = performance.now();
  if (event.key === 'Enter') window.given = began;
  if (event.key !== ' ') return;
  const film = document.querySelector('#screen video');
  const shown = () => { window.played ??= performance.now() - began; };
  film.addEventListener('playing', () => film.requestVideoFrameCallback(shown), {once: true});
}, true);
"""
SEEK = """async ([address, times]) => {
  const began = performance.now();
  const film = document.createElement('video');
  Object.assign(film, {muted: true, preload: 'auto', src: address});
  document.body.append(film);
  for (const time of times) {
    film.currentTime = time;
    await new Promise((done) => film.addEventListener('seeked', done, {once: true}));
  }
  film.remove();
  return performance.now() - began;
}"""
WHOLE = """async (address) => {
  const began = performance.now();
  const film = document.createElement('video');
  film.muted = true;
  film.src = URL.createObjectURL(await (await fetch(address, {cache: 'no-store'})).blob());
  document.body.append(film);
  await film.play();
  await new Promise((done) => film.requestVideoFrameCallback(done));
  film.remove();
  return performance.now() - began;
}"""


def measure() -> list[Result]:
    source, rita = source_ensure(name="bench"), user_create(username="rita", role=Role.MODERATOR)
    first = Path(settings.HOME) / "film.webm"
    shots = [(SECONDS / 12, _grain(scene(n, size=SIZE, speed=3))) for n in range(12)]
    make_video(first, shots, rate=RATE, codec="libvpx", options={"deadline": "realtime", "cpu-used": "8", "b": "1200k"})
    sys.stderr.write(f"a film of {SECONDS} s, {first.stat().st_size / 1e6:.1f} MB, {MOST} frames in its strip\n")
    cases = [_case(source, first, number) for number in range(2 * FILMS)]
    Case.objects.filter(pk__in=[case.pk for case in cases[FILMS:]]).update(priority=-1000)  # looked at by their address, served last
    session = session_of(rita)
    times: dict[str, list[float]] = {"next": [], "cold": [], "seek": [], "play": [], "whole": []}
    with web() as port, chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=f"http://localhost:{port}", bypass_csp=True)
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://localhost:{port}"}])
        context.add_init_script(LISTEN)
        page = context.new_page()
        for case in cases[FILMS:]:
            page.goto(f"/cases/{case.pk}/", wait_until="domcontentloaded")
            times["cold"].append(_strip(page))
        page.goto(f"/cases/{cases[0].pk}/")
        page.keyboard.press("Enter")
        page.wait_for_selector("#verdict")
        for _ in cases[1:FILMS]:
            for name, took in _look(page).items():
                times[name].append(took)
        context.close()
    cold = _result("keyframe strip of a film by its address", times["cold"], "the film sought scene by scene", times["seek"])
    return [
        _result("keyframe strip of the next film, from the key", times["next"], "the film sought scene by scene", times["seek"]),
        cold,
        _result("film plays, from the key", times["play"], "the film fetched first", times["whole"]),
    ]


def _grain(paint: Painter) -> Painter:
    noise = np.random.default_rng(1).integers(0, 12, (SIZE[1] + 64, SIZE[0], 1), np.uint8)

    def grained(n: int) -> Pixels:
        return (paint(n) // 2 + 40 + noise[n * 7 % 64 :][: SIZE[1]]).astype(np.uint8)

    return grained


def _case(source: Source, film: Path, number: int) -> Case:
    media = Media.objects.create(source=source, sha256=f"{number:064x}", mime="video/webm", size=film.stat().st_size, duration_s=SECONDS)
    original = media_path(media.pk)
    original.parent.mkdir(parents=True)
    shutil.copy(film, original)
    strip = write_strip(original, original.parent / "strip", TIMES)
    payload = {"media": str(media.pk), "title": f"Film {number}"}
    raw = {"kind": "video", "external_id": f"film-{number}", "payload": payload, "actor": {"id": f"a-{number}"}}
    received = items_receive(source=source, rows=[parse_item(raw)], actor="source:bench")[0]
    scoring_gave_up(item_id=received.id, error="")
    case = Case.objects.select_related("item").get(item_id=received.id)
    signals: dict[str, Any] = {
        "strip": [{"t": t, "image": f"{media.pk}/strip/{name}"} for t, name in strip], "duration_s": float(SECONDS),
        "flashes": {"parts": [], "upto": None, "rate": float(RATE)}, "bank_checked": True,
    }  # fmt: skip
    Score.objects.create(item=case.item, model="video@bench", checksum="0" * 64, risk=0.5, signals=signals)
    return case


def _look(page: Page) -> dict[str, float]:
    """One film: play it, decide it, and see the next."""
    page.wait_for_timeout(LOOKS)
    clear = page.locator("#screen [data-stage]").get_attribute("data-clear")
    page.evaluate("window.played = null")
    page.keyboard.press("b")
    page.keyboard.press("Space")
    page.wait_for_function("() => window.played !== null", timeout=20_000)
    play = float(page.evaluate("window.played"))
    page.keyboard.press("b")
    seek, whole = page.evaluate(SEEK, [clear, TIMES]), page.evaluate(WHOLE, clear)
    before = page.locator("#screen").get_attribute("data-case")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.getElementById('screen')?.dataset.case !== before", arg=before)
    return {"next": _strip(page), "seek": seek, "play": play, "whole": whole}


def _strip(page: Page) -> float:
    count, took = page.evaluate(STRIP)
    if count != MOST:
        raise RuntimeError(f"{count} frames are shown")
    return float(took)


def _result(what: str, ours: list[float], naive_name: str, naive: list[float]) -> Result:
    def at(times: list[float], share: float) -> float:
        return sorted(times)[min(len(times) - 1, int(share * len(times)))]

    note = (
        f"p50 {at(ours, 0.5):.0f} ms, p95 {at(ours, 0.95):.0f} ms of {len(ours)}; "
        f"{naive_name} p50 {at(naive, 0.5):.0f}, p95 {at(naive, 0.95):.0f}"
    )
    sys.stderr.write(f"{what}: {note}\n")
    return Result(what=what, naive_name=naive_name, units=1, ours=[median(ours) / 1000], naive=[median(naive) / 1000], note=note)
