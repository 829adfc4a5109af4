// The player of a film: frame by frame, scene by scene, peak by peak; plays twice as fast and muted, and stops before what
// flashes. A place can be chosen before anything is shown: the strip follows. Nothing starts by itself.
import { onKey } from "./keys.js";
import { addMark, clock, marks } from "./marks.js";

const find = (selector) => document.querySelector(`#screen ${selector}`);
const player = () => find("[data-player]");
const numbers = (text) => (text ? text.split(" ").map(Number) : []);
const SVG = "http://www.w3.org/2000/svg";
const NEAR = 0.15; // seconds before a flashing part at which it stops
let film = null;
let now = 0;
let from = null; // where a mark begins
let warned = false; // a film that nobody checked is played when asked twice
let past = -1; // the flashing part that the person chose to skip over

const total = () => Number(player().dataset.total);
const flashes = () => (player().dataset.flashes ? player().dataset.flashes.split(" ").map((part) => part.split("-").map(Number)) : []);
const say = (text) => (find("[data-player-say]").textContent = text);

function draw() {
  const share = total() ? now / total() : 0;
  const line = find("[data-now]");
  for (const name of ["x1", "x2"]) line.setAttribute(name, (720 * share).toFixed(1));
  const seek = find("[data-seek]");
  seek.value = String(now);
  seek.setAttribute("aria-valuetext", clock(now));
  const scenes = [...document.querySelectorAll("#screen [data-scene]")];
  const current = scenes.findLast((scene) => Number(scene.dataset.scene) <= now + 0.01);
  for (const scene of scenes) {
    if (scene === current) scene.setAttribute("aria-current", "true");
    else scene.removeAttribute("aria-current");
  }
}

function where() {
  const open = from === null ? "" : `, marking from ${clock(from)}`;
  find("[data-where]").textContent = `${clock(now)}${open}`;
}

function goTo(t) {
  now = Math.max(0, Math.min(total(), t));
  if (film) film.currentTime = Math.min(now, film.duration || now);
  draw();
  where();
}

function pause() {
  film?.pause();
  find("[data-play]")?.setAttribute("aria-pressed", "false");
}

const jump = (places, by) => {
  const next = by > 0 ? places.find((t) => t > now + 0.05) : places.findLast((t) => t < now - 0.05);
  pause();
  goTo(next ?? (by > 0 ? total() : 0));
  return true;
};
const scenes = () => numbers(player().dataset.scenes);
const frame = (by) => {
  pause();
  goTo(now + by * Number(player().dataset.step));
  return true;
};

function toggle() {
  if (!film) return say("Press B to look first.");
  if (!film.paused) return pause();
  const upto = player().dataset.flashesUpto;
  const unknown = upto === undefined || (upto !== "all" && now >= Number(upto) - NEAR);
  if (unknown && !warned) {
    warned = true;
    return say("Nobody checked this part for flashes. Press again to play it.");
  }
  const part = flashes().find(([start, stop]) => now >= start - 2 * NEAR && now <= stop);
  if (part) {
    past = part[0];
    goTo(part[1] + NEAR);
  }
  if (now >= total() - 0.05) goTo(0);
  say("");
  const sound = find("[data-look='sound']")?.getAttribute("aria-pressed") === "true";
  film.muted = !sound;
  film.playbackRate = sound ? 1 : 2;
  film.play().catch(() => say("It cannot be played here; go by scene."));
  find("[data-play]").setAttribute("aria-pressed", "true");
  follow();
  return undefined;
}

function follow() {
  if (!film || film.paused) return;
  now = film.currentTime;
  draw();
  const part = flashes().find(([start, stop]) => start !== past && now >= start - NEAR && now <= stop);
  const upto = player()?.dataset.flashesUpto;
  if (part) {
    pause();
    say(`Flashes at ${clock(part[0])}: stays paused. Play again to go on after it.`);
  } else if (upto && upto !== "all" && !warned && now >= Number(upto)) {
    pause();
    say("The rest was not checked for flashes. Press play again for it.");
  }
  if (film.ended) pause();
  where();
  requestAnimationFrame(follow);
}

function ranges() {
  const group = find("[data-ranges]");
  if (!group) return;
  const parts = marks().filter((mark) => "t0" in mark);
  group.replaceChildren(...parts.map((mark) => {
    const rect = document.createElementNS(SVG, "rect");
    const box = { class: "range", x: (720 * mark.t0) / total(), y: 36, width: Math.max(3, (720 * (mark.t1 - mark.t0)) / total()), height: 8, rx: 2 };
    for (const [name, value] of Object.entries(box)) rect.setAttribute(name, String(value));
    return rect;
  }));
  const trim = find('[name="action"][value="trim"]')?.closest("label").querySelector("[data-part]");
  if (trim) trim.textContent = parts.length ? ` ${clock(parts[0].t0)} to ${clock(parts[0].t1)}${parts.length > 1 ? ` and ${parts.length - 1} more` : ""}` : "";
}

function begin() {
  from = now;
  where();
  say(`A mark begins at ${clock(now)}. Go on, and end it with O.`);
}

function finish() {
  if (from === null) return say("Begin the mark first, with I.");
  const [t0, t1] = [Math.min(from, now), Math.max(from, now)].map((t) => Math.round(t * 100) / 100);
  if (t1 - t0 < 0.04) return say("The mark is empty: go on from its start first.");
  addMark({ field: "media", t0, t1: Math.min(t1, Math.floor(total() * 100) / 100) });
  from = null;
  where();
  return say(`Marked ${clock(t0)} to ${clock(t1)}.`);
}

document.addEventListener("film:shown", (event) => {
  if (!player()) return;
  film = event.detail;
  film.addEventListener("loadedmetadata", () => goTo(now), { once: true });
  film.addEventListener("pause", () => find("[data-play]")?.setAttribute("aria-pressed", "false"));
});
document.addEventListener("media:hidden", () => (film = null));
document.addEventListener("media:look", (event) => {
  if (film && event.detail.name === "sound") Object.assign(film, { muted: !event.detail.on, playbackRate: event.detail.on ? 1 : 2 });
});
document.addEventListener("case:arrived", () => {
  [film, now, from, warned, past] = [null, 0, null, false, -1];
  if (player()) draw();
});
document.addEventListener("marks:changed", () => player() && ranges());
document.addEventListener("visibilitychange", () => document.hidden && player() && pause());
document.addEventListener("input", (event) => event.target.matches("[data-seek]") && (pause(), goTo(Number(event.target.value))));
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-play], [data-frame], [data-scene-step], [data-peak], [data-mark-start], [data-mark-end], [data-at], [data-scene]");
  if (!target || !player() || !target.closest("#screen")) return;
  const set = target.dataset;
  if ("play" in set) toggle();
  else if (set.frame) frame(Number(set.frame));
  else if (set.sceneStep) jump(scenes(), Number(set.sceneStep));
  else if (set.peak) jump(player().dataset.peaks ? numbers(player().dataset.peaks) : scenes(), Number(set.peak));
  else if ("markStart" in set) begin();
  else if ("markEnd" in set) finish();
  else if (set.at ?? set.scene) (pause(), goTo(Number(set.at ?? set.scene)));
});

const arrow = (by) => (event) => Boolean(player()) && (event.shiftKey ? jump(scenes(), by) : frame(by));
onKey("ArrowLeft", arrow(-1));
onKey("ArrowRight", arrow(1));
onKey(" ", (event) => {
  if (!player() || event.target.closest?.("button, a, summary, input")) return false;
  toggle();
  return true;
});
