// Verdicts on their way: kept in this tab until they are answered, sent in their order, again when the line is back.
// The key in each makes the server give it once, however often it comes.
import { beacon, isAnswer, post } from "./post.js";

const STORE = "verdicts";
const SLOW = 3000;
const LONGEST_PAUSE = 15_000;
let waiting = [];
let busy = false;
let failed = 0;
let timer;

try {
  waiting = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
} catch {
  waiting = [];
}

const save = () => sessionStorage.setItem(STORE, JSON.stringify(waiting));
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const person = () => document.getElementById("screen")?.dataset.person;

export const onItsWay = () => waiting;
export const lastOne = () => waiting.at(-1);

export function send(verdict) {
  waiting.push(verdict);
  save();
  pump();
}

// Before it has left: as if it had never been given. What may have reached the server is not taken back here.
export function takeBack(verdict) {
  if (busy && waiting[0] === verdict) return false;
  waiting = waiting.filter((other) => other !== verdict);
  save();
  say();
  return true;
}

async function pump() {
  clearTimeout(timer);
  if (busy) return;
  busy = true;
  const slow = setTimeout(() => say(true), SLOW);
  while (waiting.length && waiting[0].person === person()) {
    if (!(await deliver(waiting[0]))) break;
    failed = 0;
  }
  busy = false;
  clearTimeout(slow);
  say();
  if (!waiting.length || !failed) return;
  tell("verdict:delayed", { verdict: waiting[0] });
  timer = setTimeout(pump, Math.min(LONGEST_PAUSE, 1000 * 2 ** (failed - 1)));
}

// True when it was answered, for good or not.
async function deliver(verdict) {
  let response;
  let answer;
  try {
    response = await post(verdict.address, verdict.next ? [...verdict.fields, ["next", verdict.next]] : verdict.fields);
    if (!isAnswer(response)) return signedOut(response);
    answer = await response.json();
  } catch {
    failed += 1; // no line, or no answer in time
    say();
    return false;
  }
  if (response.status >= 500 || answer.code === "in_progress") {
    failed += 1;
    say();
    return false;
  }
  waiting = waiting.filter((other) => other !== verdict);
  save();
  tell(response.ok ? "verdict:stored" : "verdict:refused", { verdict, answer });
  return true;
}

function signedOut(response) {
  failed += 1;
  if (response.redirected) tell("verdict:signed-out", {});
  return false;
}

// Calm: nothing is lost, so nothing is alarming.
function say(slow = false) {
  const count = waiting.length;
  const text = count && (failed || slow) ? `${count} ${count === 1 ? "verdict waits" : "verdicts wait"} for the line` : "";
  const place = document.querySelector("[data-line-state]");
  if (!place || place.textContent === text) return;
  place.textContent = text;
  place.hidden = !text;
}

addEventListener("online", pump);
document.addEventListener("case:arrived", () => {
  say();
  if (waiting.length) pump();
});
addEventListener("pagehide", () => {
  for (const verdict of waiting) beacon(verdict.address, verdict.fields);
});
