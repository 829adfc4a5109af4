// A batch: J/K move from line to line, X leaves one out, Space opens it; reason and outcome are for all that stay in.
import { keepDraft, restoreDraft } from "./draft.js";
import { isTyping, onKey, singleKeysOff, standsFor } from "./keys.js";
import { startLease } from "./lease.js";

const screen = document.getElementById("screen");
const form = document.getElementById("verdict");
const find = (selector) => screen.querySelector(selector);
const findAll = (selector) => [...screen.querySelectorAll(selector)];
const current = () => find("[data-line][data-current]");
const outcome = () => find('[name="outcome"]:checked')?.value ?? "";
const staying = () => findAll("[data-exclude]:not(:checked)").length;

function step(by) {
  const all = findAll("[data-line]");
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + by))];
  for (const line of all) line.toggleAttribute("data-current", line === next);
  next?.focus();
  return Boolean(next);
}

function missing() {
  if (!staying()) return "Leave at least one in";
  if (!outcome()) return "Choose an outcome";
  return outcome() === "enforce" && !find('[name="clause"]:checked') ? "Choose a reason" : "";
}

function sentence() {
  const reasons = findAll('[name="clause"]:checked').map((input) => input.dataset.title);
  const verb = outcome() === "allow" ? form.dataset.allow : form.dataset.enforce;
  return `${verb} ${staying()}${reasons.length ? `: ${reasons.join(" and ")}` : ""}`;
}

function redraw() {
  const lacks = missing();
  const commit = find("[data-commit]");
  commit.classList.toggle("incomplete", Boolean(lacks));
  commit.setAttribute("aria-disabled", String(Boolean(lacks)));
  find("[data-commit-words]").textContent = lacks || sentence();
  find(".actions")?.toggleAttribute("data-off", outcome() !== "enforce");
  const last = findAll('[name="clause"]:checked').at(-1)?.value ?? "";
  for (const view of findAll("[data-clause-view]")) view.hidden = view.dataset.clauseView !== last;
}

function onChange(event) {
  const input = event.target;
  if (input.form !== form) return;
  if (input.name === "clause" && input.checked) find('[name="outcome"][value="enforce"]').checked = true;
  if (input.name === "outcome" && input.value === "allow") for (const reason of findAll('[name="clause"]')) reason.checked = false;
  redraw();
  keepDraft(form);
}

// A digit alone chooses one reason; with Shift it adds one: as on the page of a case.
function onDigit(event) {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey || singleKeysOff() || isTyping(event.target)) return;
  const pressed = event.shiftKey && /^Digit[1-9]$/.test(event.code) ? event.code.slice(5) : event.key.toLowerCase();
  const key = standsFor(pressed);
  const input = /^[1-9]$/.test(key) && find(`[name="clause"][data-key="${key}"]`);
  if (!input) return;
  event.preventDefault();
  if (!event.shiftKey) for (const other of findAll('[name="clause"]')) other.checked = false;
  if (!input.checked) input.click();
}

function openNote() {
  find("[data-note]").hidden = false;
  find("[data-note-button]").setAttribute("aria-expanded", "true");
  find("#note").focus();
}

function onClick(event) {
  if (event.target.closest("[data-note-button]")) openNote();
  if (event.target.closest("[data-commit]") && missing()) {
    event.preventDefault();
    find("[data-say]").textContent = `${missing()}.`;
  }
}

for (const key of ["j", "ArrowDown"]) onKey(key, () => step(1));
for (const key of ["k", "ArrowUp"]) onKey(key, () => step(-1));
// Space belongs to the control that has the focus; from a line it opens the line.
onKey(" ", () => {
  const open = document.activeElement?.matches("a, button, input, summary") ? null : current()?.querySelector("[data-open-line]");
  open?.click();
  return Boolean(open);
});

if (form) {
  restoreDraft(form, screen.dataset.case);
  if (find("#note").value) find("[data-note]").hidden = false;
  document.addEventListener("change", onChange);
  document.addEventListener("input", (event) => event.target.id === "note" && keepDraft(form));
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onDigit, true);
  onKey("x", () => {
    const input = current()?.querySelector("[data-exclude]");
    input?.click();
    return Boolean(input);
  });
  redraw();
  startLease(screen);
}
step(1);
addEventListener("pageshow", (event) => event.persisted && location.reload());
