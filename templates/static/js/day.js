// What was in front of this person, told to their own day in stretches: media that were clear on the screen, hard text that was read,
// and work as such. A stretch ends when the tab is hidden or nobody moves; its times are sent as "seconds ago", so that only the
// server's clock matters, and a beat that comes twice counts once.
import { onKey } from "./keys.js";

const BEAT = 15_000;
const STILL = 60_000; // without a key or a movement for so long, nobody reads
const running = new Map(); // what -> stretch
const clear = new Set(); // cases of which something is clear on the screen
let waiting = []; // stretches that ended and were not told yet
let active = performance.now();

const screen = () => document.getElementById("screen");
const meter = () => document.querySelector("#screen [data-meter]");

function begin(what, sort, data = {}) {
  if (running.has(what) || document.hidden) return;
  running.set(what, { id: crypto.randomUUID?.() ?? uuid(), sort, began: performance.now(), ...data });
}

// randomUUID needs HTTPS or localhost; an installation in a closed network may have neither.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function end(what, at = performance.now()) {
  const stretch = running.get(what);
  if (!stretch) return;
  running.delete(what);
  waiting.push({ ...stretch, until: Math.max(at, stretch.began) });
}

function told(stretch, now) {
  const { id, sort, began, until = now, of, token } = stretch;
  return { id, sort, began: (now - began) / 1000, until: (now - until) / 1000, ...(of && { case: of }), ...(token && { token }) };
}

function body() {
  const now = performance.now();
  const data = new FormData();
  data.set("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
  data.set("beats", JSON.stringify([...waiting, ...running.values()].slice(-20).map((stretch) => told(stretch, now))));
  return data;
}

async function tell() {
  if (!waiting.length && !running.size) return;
  const data = body();
  const sent = waiting;
  waiting = [];
  try {
    const answer = await fetch("/my-day/beat", { method: "POST", body: data });
    if (!answer.ok) return;
    const place = document.querySelector("[data-hard-minutes]");
    if (place) place.textContent = (await answer.json()).minutes;
  } catch {
    waiting = [...sent, ...waiting]; // offline: told with the next beat
  }
}

function mine() {
  return { of: screen().dataset.case, token: Number(screen().dataset.token) || undefined };
}

function resume() {
  if (!screen() || performance.now() - active > STILL) return;
  begin("work", "work");
  for (const of of clear) begin(`clear ${of}`, "clear", { ...mine(), of });
  if (meter()?.hasAttribute("data-read")) begin(`text ${screen().dataset.case}`, "text", mine());
}

function arrive() {
  for (const what of [...running.keys()]) if (what.startsWith("text ") && what !== `text ${screen()?.dataset.case}`) end(what);
  resume();
}

function beat() {
  if (performance.now() - active > STILL) for (const what of [...running.keys()]) if (!what.startsWith("clear ")) end(what, active);
  tell();
}

for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
  document.addEventListener(kind, () => {
    const still = performance.now() - active > STILL;
    active = performance.now();
    if (still) resume();
  }, { passive: true, capture: true });
}
document.addEventListener("media:shown", (event) => {
  clear.add(event.detail.case);
  resume();
});
document.addEventListener("media:hidden", (event) => {
  clear.delete(event.detail.case);
  end(`clear ${event.detail.case}`);
  tell();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return resume();
  for (const what of [...running.keys()]) end(what);
  return tell();
});
addEventListener("pagehide", () => {
  for (const what of [...running.keys()]) end(what);
  if (waiting.length) navigator.sendBeacon("/my-day/beat", body());
  waiting = [];
});
document.addEventListener("case:arrived", arrive);
setInterval(beat, BEAT);
onKey("l", () => {
  const form = document.querySelector("[data-lighter]");
  form?.requestSubmit();
  return Boolean(form);
});
arrive();
