// The case page: reasons, outcome and fields become one verdict; the draft is kept; what is hidden stays hidden until asked for.
// Everything listens on the document, because the whole screen is replaced after each verdict.
import { keepDraft, restoreDraft, forgetLater } from "./draft.js";
import { isTyping, onKey, singleKeysOff, standsFor } from "./keys.js";
import { startLease } from "./lease.js";
import { arriveMedia } from "./media.js";

const find = (selector) => document.querySelector(`#screen ${selector}`);
const findAll = (selector) => [...document.querySelectorAll(`#screen ${selector}`)];
const form = () => document.getElementById("verdict");
const chosen = (name) => findAll(`[name="${name}"]:checked`);
const outcome = () => (chosen("outcome")[0]?.value ?? "").split(":")[0]; // "enforce:verify" enforces by asking
const asked = () => (chosen("outcome")[0]?.value ?? "").split(":")[1] ?? "";

function setOutcome(value) {
  for (const input of findAll('[name="outcome"]')) input.checked = input.value === value;
}

// A reason whose usual action is to ask first chooses that; the person may choose otherwise.
function usualOutcome(reason) {
  const asks = `enforce:${reason.dataset.action}`;
  return find(`[name="outcome"][value="${asks}"]`) ? asks : "enforce";
}

// Answers to the fields of a record decide outcome and reasons until the person chooses otherwise.
function followFields() {
  const rows = findAll("[data-field]:not([data-empty])").filter((row) => row.querySelector("[data-answer]"));
  if (!rows.length || form().dataset.own) return;
  const answers = rows.map((row) => [row.dataset.field, row.querySelector("[data-answer]:checked")?.value]);
  const wrong = answers.filter(([, answer]) => answer === "wrong").map(([name]) => name);
  for (const input of findAll('[name="clause"]')) input.checked = input.dataset.labels.split(" ").some((label) => wrong.includes(label));
  if (answers.every(([, answer]) => answer)) setOutcome(wrong.length ? "enforce" : "allow");
}

function missing() {
  const open = findAll("[data-field]:not([data-empty])").filter((row) => row.querySelector("[data-answer]") && !row.querySelector("[data-answer]:checked"));
  if (open.length && !form().dataset.own) return open.length === 1 ? "1 field left" : `${open.length} fields left`;
  if (!outcome()) return "Choose an outcome";
  const anyWrong = findAll('[data-answer="f"]:checked').length > 0;
  if (outcome() === "enforce" && !chosen("clause").length && !anyWrong) return "Choose a reason";
  if (outcome() === "enforce" && chosen("action")[0]?.value === "trim" && !form().elements.spans.value.includes('"t0"')) return "Mark the part to trim: I, then O";
  return "";
}

// Fields and reasons that do not say the same: a hint, for a person may have grounds. A clause without a field covers all.
function disagreement() {
  const fields = new Map(findAll("[data-field]:not([data-empty])").map((row) => [row.dataset.field, row]));
  const isWrong = (name) => Boolean(fields.get(name)?.querySelector('[data-answer="f"]:checked'));
  const title = (name) => fields.get(name).querySelector("th b").textContent;
  const wrong = [...fields.keys()].filter(isWrong);
  if (wrong.length && outcome() === "allow") return `${wrong.map(title).join(", ")}: you said wrong, and ${form().dataset.allow} says that the record is right.`;
  const covers = (clause) => clause.dataset.labels.split(" ").filter((name) => fields.has(name));
  const reasons = chosen("clause");
  const stray = reasons.find((clause) => covers(clause).length && !covers(clause).some(isWrong));
  if (stray) return `The reason is “${stray.dataset.title.replace(/^./, (first) => first.toUpperCase())}”, but ${covers(stray).map(title).join(", ")} is not marked wrong.`;
  if (!reasons.length || reasons.some((clause) => !covers(clause).length)) return "";
  const bare = wrong.find((name) => !reasons.some((clause) => covers(clause).includes(name)) && findAll('[name="clause"]').some((clause) => covers(clause).includes(name)));
  return bare ? `${title(bare)} is marked wrong, but no reason says so.` : "";
}

function followAction() {
  const group = find("[data-actions]");
  if (!group) return "";
  group.toggleAttribute("data-off", outcome() !== "enforce" || Boolean(asked()));
  if (asked()) return "";
  const wanted = chosen("clause").map((c) => c.dataset.action).find((action) => find(`[name="action"][value="${action}"]`));
  const usual = wanted ?? find('[name="action"][data-default]').value;
  if (!group.dataset.own) for (const input of findAll('[name="action"]')) input.checked = input.value === usual;
  const now = chosen("action")[0];
  const long = followDuration(now);
  // The button says what will happen: also the action that a reason brought along, unless the first word says it already.
  const title = now?.closest("label").querySelector(".option > span").textContent.trim().toLowerCase() ?? "";
  return title !== form().dataset.enforce.toLowerCase() || long ? `${title}${long}` : "";
}

// How long it lasts is asked only for what can end by itself; what cannot is sent without.
function followDuration(action) {
  const group = find("[data-durations]");
  if (!group) return "";
  const timed = outcome() === "enforce" && Boolean(action) && "timed" in action.dataset;
  group.toggleAttribute("data-off", !timed);
  if (!timed) find('[name="duration"][value=""]').checked = true;
  const now = chosen("duration")[0];
  return now?.value ? ` for ${now.closest("label").innerText.trim()}` : "";
}

function sentence() {
  const words = form().dataset;
  if (outcome() === "allow") return words.allow;
  const reasons = chosen("clause").map((c) => c.dataset.title);
  const action = followAction();
  return `${chosen("outcome")[0]?.dataset.words ?? words.enforce}${reasons.length ? `: ${reasons.join(" and ")}` : ""}${action ? `, ${action}` : ""}`;
}

function showClause() {
  const last = form().dataset.lastClause;
  const ids = chosen("clause").map((c) => c.value);
  const shown = ids.includes(last) ? last : (ids.at(-1) ?? "");
  for (const view of findAll("[data-clause-view]")) view.hidden = view.dataset.clauseView !== shown;
}

function redraw() {
  if (!form()) return;
  followAction();
  showClause();
  const lacks = missing();
  const commit = find("[data-commit]");
  commit.classList.toggle("incomplete", Boolean(lacks));
  commit.setAttribute("aria-disabled", String(Boolean(lacks)));
  find("[data-commit-words]").textContent = lacks || sentence();
  const hint = disagreement();
  if (find("[data-hint]").textContent !== hint) find("[data-hint]").textContent = hint;
}

function onChange(event) {
  const input = event.target;
  if (!form() || input.form !== form()) return;
  if (input.name === "clause") {
    form().dataset.own = "1";
    form().dataset.lastClause = input.checked ? input.value : "";
    if (input.checked && outcome() !== "enforce") setOutcome(usualOutcome(input));
  }
  if (input.name === "outcome") {
    form().dataset.own = "1";
    if (input.value === "allow") for (const reason of chosen("clause")) reason.checked = false;
  }
  if (input.name === "action") find("[data-actions]").dataset.own = "1";
  if (input.dataset.answer) followFields();
  redraw();
  keepDraft(form());
}

// A digit alone chooses one reason; with Shift it adds one. A click always adds or takes away.
function onDigit(event) {
  if (!form() || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (singleKeysOff() || isTyping(event.target)) return;
  const pressed = event.shiftKey && /^Digit[1-9]$/.test(event.code) ? event.code.slice(5) : event.key.toLowerCase();
  const key = standsFor(pressed);
  const input = /^[1-9]$/.test(key) && find(`:is([name="clause"], [name="action"])[data-key="${key}"]`);
  if (!input) return;
  event.preventDefault();
  if (input.name === "action" && outcome() !== "enforce") setOutcome("enforce");
  if (!event.shiftKey && input.name === "clause") for (const other of findAll('[name="clause"]')) other.checked = false;
  input.click();
}

function openNote(focus) {
  const box = find("[data-note]");
  if (!box) return;
  box.hidden = false;
  find("[data-note-button]").setAttribute("aria-expanded", "true");
  if (focus) box.querySelector("textarea").focus();
}

function onClick(event) {
  const target = event.target;
  if (target.closest("[data-note-button]")) openNote(true);
  if (target.closest("[data-view]")) toggleView(target.closest("[data-view]"));
  if (target.closest("[data-next-action]")) next("action");
  if (target.closest("[data-next-duration]")) next("duration");
  if (target.closest("[data-next-flagged]")) nextFlagged();
  const commit = target.closest("[data-commit]");
  if (commit && missing()) {
    event.preventDefault();
    find("[data-say]").textContent = `${missing()}.`;
  }
  if (target.closest("[data-opens='pass-on']")) find("[data-note-copy]").value = find("#note").value;
}

function toggleView(button) {
  const normal = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(normal));
  for (const block of findAll("[data-normalised]")) {
    block.hidden = !normal;
    block.parentElement.querySelector("[data-written]").hidden = normal;
  }
}

function next(name) {
  const all = findAll(`[name="${name}"]`);
  const at = all.findIndex((input) => input.checked);
  all[(at + 1) % all.length]?.click();
}

function steps() {
  const rows = findAll("[data-field]:not([data-empty])").filter((row) => row.querySelector("[data-answer]"));
  return rows.length ? rows : findAll("[data-turn]");
}

function step(by) {
  const all = steps();
  if (!all.length) return false;
  const at = all.findIndex((row) => row.hasAttribute("data-current"));
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  choose(next, all);
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function choose(row, all) {
  for (const other of all) other.toggleAttribute("data-current", other === row);
  row.dispatchEvent(new CustomEvent("row:chosen", { bubbles: true }));
}

// The flagged turn, then those in which the evidence marks words, round and round.
function nextFlagged() {
  const all = findAll("[data-turn]").filter((turn) => "flagged" in turn.dataset || turn.querySelector(".ev"));
  if (!all.length) return false;
  const next = all[(all.findIndex((turn) => turn.hasAttribute("data-current")) + 1) % all.length];
  choose(next, findAll("[data-turn]"));
  centre(next);
  return true;
}

// In the middle of the talk, without moving the page.
function centre(turn) {
  const talk = turn?.closest("[data-turns]");
  if (talk) talk.scrollTop += turn.getBoundingClientRect().top - talk.getBoundingClientRect().top - (talk.clientHeight - turn.clientHeight) / 2;
}

function answer(key) {
  const row = find("[data-field][data-current]");
  const input = row?.querySelector(`[data-answer="${key}"]`);
  if (!input) return false;
  input.click();
  const open = steps().find((other) => !other.querySelector("[data-answer]:checked"));
  if (open) {
    choose(open, steps());
    open.scrollIntoView({ block: "nearest" });
  }
  return true;
}

function arrive() {
  const screen = document.getElementById("screen");
  if (!screen) return;
  arriveMedia();
  if (form()) {
    restoreDraft(form(), screen.dataset.case);
    if (find("#note").value) openNote(false);
    followFields();
    redraw();
    if (find("[data-answer]")) step(1);
    startLease(screen);
  }
  centre(find("[data-flagged]"));
  if (screen.dataset.undoCase) forgetLater(screen.dataset.undoCase, Number(screen.dataset.undoSeconds));
  document.dispatchEvent(new CustomEvent("case:arrived", { detail: screen })); // what a block adds of its own listens for this
}

document.addEventListener("change", onChange);
document.addEventListener("input", (event) => event.target.id === "note" && keepDraft(form()));
document.addEventListener("click", onClick);
document.addEventListener("keydown", onDigit, true);
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "screen" && event.target?.id !== "screen") return;
  document.querySelector("dialog[open]")?.close();
  window.scrollTo(0, 0);
  arrive();
  document.getElementById("content")?.focus({ preventScroll: true });
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
document.addEventListener("marks:changed", () => queueMicrotask(redraw)); // after the player named the part

for (const key of ["y", "f", "0"]) onKey(key, () => answer(key));
for (const key of ["j", "ArrowDown"]) onKey(key, () => step(1));
for (const key of ["k", "ArrowUp"]) onKey(key, () => step(-1));
onKey("f", nextFlagged);
onKey("i", () => {
  const mask = find("[data-turn][data-current] [data-unmask]") ?? find("[data-flagged] [data-unmask]") ?? find("[data-unmask]");
  mask?.click();
  return Boolean(mask);
});
onKey("c", () => {
  const context = find("[data-context]");
  const there = context?.contains(document.activeElement) ? document.getElementById("content") : context;
  there?.focus({ preventScroll: true });
  (there === context ? there : find(".content-card"))?.scrollIntoView({ block: "nearest" });
  return Boolean(there);
});
onKey("h", () => document.getElementById("content").classList.toggle("no-marks") || true);

// The first case is drawn when every module of the page listens.
document.addEventListener("DOMContentLoaded", arrive, { once: true });
