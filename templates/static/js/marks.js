// What a person marked: words and parts of a film. They live in one hidden field of the verdict, are listed as chips that can
// be taken away, and stay with the draft.
import { keepDraft } from "./draft.js";
import { read, textOf } from "./reading.js";

const MOST = 200;
const form = () => document.getElementById("verdict");
const field = () => form()?.elements.spans;
export const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}` : `${Math.floor(whole / 60)}:${pad(whole % 60)}`;
};

export function marks() {
  try {
    return JSON.parse(field()?.value || "[]");
  } catch {
    return [];
  }
}

// The label of the reason that was chosen last; without one the mark speaks for whatever the verdict will say.
function label() {
  const last = form().dataset.lastClause;
  const reason = last ? document.querySelector(`#screen [name="clause"][value="${CSS.escape(last)}"]:checked`) : null;
  return reason?.dataset.labels.split(" ")[0] ?? "";
}

function write(list) {
  field().value = list.length ? JSON.stringify(list) : "";
  draw();
  keepDraft(form());
  document.dispatchEvent(new CustomEvent("marks:changed"));
}

export function addMark(mark) {
  const list = marks();
  if (!form() || list.length >= MOST) return;
  const same = (other) => ["field", "start", "end", "t0", "t1"].every((name) => other[name] === mark[name]);
  if (!list.some(same)) write([...list, { ...mark, label: label() }]);
}

function say(mark) {
  if ("t0" in mark) return `${clock(mark.t0)} to ${clock(mark.t1)}`;
  const root = document.querySelector(`#screen [data-words="${CSS.escape(mark.field)}"]`);
  const words = root ? [...textOf(read(root))].slice(mark.start, mark.end).join("").replace(/\s+/gu, " ") : "";
  const chars = [...words];
  return `“${chars.length > 40 ? `${chars.slice(0, 39).join("")}…` : words}”`;
}

function title(name) {
  const reason = name && [...document.querySelectorAll('#screen [name="clause"]')].find((c) => c.dataset.labels.split(" ").includes(name));
  return reason ? reason.dataset.title : "";
}

export function draw() {
  const list = document.querySelector("#screen [data-marks]");
  if (!list) return;
  const found = marks();
  list.hidden = !found.length;
  list.replaceChildren(...found.map((mark, place) => {
    const chip = document.createElement("li");
    chip.className = "chip person";
    const words = document.createElement("bdi");
    words.textContent = say(mark);
    const why = document.createElement("span");
    why.textContent = title(mark.label);
    const away = document.createElement("button");
    away.type = "button";
    away.className = "away";
    away.textContent = "×";
    away.setAttribute("aria-label", `Take away the mark ${words.textContent}`);
    away.addEventListener("click", () => {
      write(marks().filter((_, other) => other !== place));
      (list.querySelectorAll(".away")[Math.max(0, place - 1)] ?? document.getElementById("content")).focus();
    });
    chip.append(words, why, away);
    return chip;
  }));
}

document.addEventListener("case:arrived", () => {
  draw();
  document.dispatchEvent(new CustomEvent("marks:changed"));
});
