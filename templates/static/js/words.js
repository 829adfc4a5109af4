// Mark the words that decide: W twice, then arrows to go, Shift to take more, Enter to mark, Esc to end. With the mouse: select
// words, then W twice or the button. Nothing is put into the text: the browser paints the ranges.
import { onKey, standsFor } from "./keys.js";
import { addMark, marks } from "./marks.js";
import { placesOf, rangeOf, read, textOf, wordsOf } from "./reading.js";

const roots = () => [...document.querySelectorAll("#screen [data-words]")].filter((root) => root.checkVisibility?.() ?? root.offsetParent !== null);
const button = () => document.querySelector("#screen [data-mark-words]");
const say = (text) => {
  const place = document.querySelector("#screen [data-say]");
  if (place) place.textContent = text;
};
let armed = false;
let going = null; // {texts: [{field, parts, words}], all: [[text, word]], from, to}

function paint(name, ranges) {
  if (!("highlights" in CSS)) return;
  const found = ranges.filter(Boolean);
  if (found.length) CSS.highlights.set(name, new Highlight(...found));
  else CSS.highlights.delete(name);
}

function paintMarks() {
  const ranges = [];
  for (const root of roots()) {
    const own = marks().filter((mark) => mark.field === root.dataset.words && "start" in mark);
    if (!own.length) continue;
    const parts = read(root);
    for (const mark of own) ranges.push(rangeOf(parts, mark.start, mark.end));
  }
  paint("marked", ranges);
}

function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  for (const root of roots()) {
    const places = range.intersectsNode(root) ? placesOf(read(root), range) : null;
    if (places) return { field: root.dataset.words, start: places[0], end: places[1] };
  }
  return null;
}

function begin() {
  const chosen = selected();
  if (chosen) {
    addMark(chosen);
    getSelection().removeAllRanges();
    say("Marked.");
    return;
  }
  const texts = roots().map((root) => {
    const parts = read(root);
    return { field: root.dataset.words, parts, words: wordsOf(textOf(parts)) };
  });
  const all = texts.flatMap((text) => text.words.map((word) => ({ text, word })));
  if (!all.length) {
    say("There are no words to mark.");
    return;
  }
  const flagged = document.querySelector("#screen [data-turn][data-current] [data-words], #screen [data-flagged] [data-words]");
  const first = Math.max(0, flagged ? all.findIndex((one) => one.text.field === flagged.dataset.words) : 0);
  going = { all, from: first, to: first };
  button()?.setAttribute("aria-pressed", "true");
  go();
}

function end() {
  going = null;
  armed = false;
  paint("cursor", []);
  button()?.setAttribute("aria-pressed", "false");
}

// The chosen words as one mark; a choice never leaves its text.
function choice() {
  const { all, from, to } = going;
  const [first, last] = [all[Math.min(from, to)], all[Math.max(from, to)]];
  return { text: first.text, start: first.word[0], end: last.word[1] };
}

function go() {
  const { text, start, end: stop } = choice();
  const range = rangeOf(text.parts, start, stop);
  paint("cursor", [range]);
  const box = range?.getBoundingClientRect();
  if (box && (box.top < 80 || box.bottom > innerHeight - 240)) scrollBy({ top: box.top - innerHeight / 3 });
  say(`${[...textOf(text.parts)].slice(start, stop).join("")}. Enter marks it, Escape ends.`);
}

function step(by, more) {
  const next = Math.max(0, Math.min(going.all.length - 1, going.to + by));
  if (more && going.all[next].text !== going.all[going.from].text) return;
  going.to = next;
  if (!more) going.from = next;
  go();
}

// The word below or above: the nearest of the next line.
function line(by, more) {
  const boxOf = (index) => {
    const { text, word } = going.all[index];
    return rangeOf(text.parts, word[0], word[1]).getBoundingClientRect();
  };
  const here = boxOf(going.to);
  let best = null;
  let row = null;
  for (let i = going.to + by; i >= 0 && i < going.all.length; i += by) {
    const box = boxOf(i);
    if (by > 0 ? box.top < here.bottom - 2 : box.bottom > here.top + 2) continue;
    row ??= box.top;
    if (Math.abs(box.top - row) > 4) break;
    const away = Math.abs(box.left - here.left);
    if (!best || away < best.away) best = { i, away };
  }
  if (best) step(best.i - going.to, more);
}

function mark() {
  const { text, start, end: stop } = choice();
  addMark({ field: text.field, start, end: stop });
  say("Marked. Go on, or Escape.");
  going.from = going.to;
  go();
}

const MOVES = {
  ArrowRight: (more) => step(1, more), ArrowLeft: (more) => step(-1, more), ArrowDown: (more) => line(1, more), ArrowUp: (more) => line(-1, more),
  Home: () => step(-going.to, false), End: () => step(going.all.length, false), Enter: mark, " ": mark, Escape: end,
};
const isW = (event) => standsFor(event.key.toLowerCase()) === "w"; // a person may have another key for it
document.addEventListener("keydown", (event) => {
  if (!going || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("button, textarea, dialog[open]")) return;
  const move = MOVES[event.key] ?? (isW(event) ? end : undefined);
  if (!move) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  move(event.shiftKey);
}, true);
document.addEventListener("keydown", (event) => {
  if (!isW(event) && event.key !== "Shift") armed = false;
}, true);

onKey("w", () => {
  if (!button()) return false;
  if (armed || selected()) {
    armed = false;
    begin();
  } else {
    armed = true;
    say("Press W again to mark words.");
  }
  return true;
});
document.addEventListener("mousedown", (event) => event.target.closest("[data-mark-words]") && event.preventDefault()); // keeps the selection
document.addEventListener("click", (event) => event.target.closest("[data-mark-words]") && (going ? end() : begin()));
document.addEventListener("case:arrived", end);
document.addEventListener("marks:changed", paintMarks);
document.addEventListener("htmx:afterSettle", paintMarks);
