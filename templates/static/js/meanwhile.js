// Keys that come while the screen is about to show another case. Nobody has seen that case yet, so they must not decide it, and
// they must not change the one that is gone. Where a known case comes back (undo, evidence) they are kept and given to it.
import { isTyping, ownsEnter, standsFor } from "./keys.js";

const STARTLE = 700; // until somebody who was typing sees that another case is there
const screen = () => document.getElementById("screen");
const FREE = new Set(["?", "/", "Escape", "Tab", "Shift", "Control", "Alt", "Meta", "PageUp", "PageDown", "Home", "End"]);
let wait = null; // {of: the case that may have the keys, keys: [], undo: U still takes back, xhr: whose answer ends it}

export const isWaiting = () => Boolean(wait);

export function awaitScreen({ of = "", undo = false, xhr = null } = {}) {
  wait = { of, undo, xhr, keys: wait && wait.of === of ? wait.keys : [] };
  screen()?.setAttribute("aria-busy", "true");
  return wait;
}

export function stopWaiting(which = wait) {
  if (!which || which !== wait) return;
  wait = null;
  screen()?.removeAttribute("aria-busy");
}

// A case that came although nobody asked for it: what was on the way to the one before it is not for this one.
export function startle() {
  const mine = awaitScreen({ undo: true });
  setTimeout(() => stopWaiting(mine), STARTLE);
}

const isFree = (event) => event.ctrlKey || event.metaKey || event.altKey || FREE.has(event.key) || isTyping(event.target)
  || ([" ", "Enter"].includes(event.key) && ownsEnter(event.target)) || (wait.undo && standsFor(event.key.toLowerCase()) === "u");

addEventListener("keydown", (event) => {
  if (!wait || isFree(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) wait.keys.push(event);
}, true);

// In their order, until one of them leads on.
function give(keys, of) {
  for (const { key, code, shiftKey } of keys) {
    if (wait || screen()?.dataset.case !== of) return;
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true }));
  }
}

function end() {
  const { of, keys } = wait;
  stopWaiting();
  if (keys.length && screen()?.dataset.case === of) queueMicrotask(() => give(keys, of)); // after the focus has its place
}

document.addEventListener("case:arrived", () => wait && end());

// Undo, evidence, skipping and the like: the answer draws the screen, or says why not. Which case comes back, `data-of` says.
document.addEventListener("htmx:beforeRequest", ({ detail: { target, elt, xhr } }) => {
  if (target?.id === "screen") awaitScreen({ of: elt.closest("[data-of]")?.dataset.of, xhr });
});
document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => wait?.xhr === xhr && end());
