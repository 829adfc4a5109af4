// The list of rules by keyboard: J/K choose, Enter changes, [ and ] move, O switches on or off. Nothing needs a drag.
import { onKey } from "./keys.js";

const rows = () => [...document.querySelectorAll("[data-rule]")];
const current = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");

function choose(index) {
  const all = rows();
  if (!all.length) return false;
  const next = all[Math.max(0, Math.min(all.length - 1, index))];
  for (const row of all) row.toggleAttribute("aria-selected", false);
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(what) {
  const control = rows()[current()]?.querySelector(`[data-do="${what}"]`);
  if (!control || control.disabled) return false;
  control.click();
  return true;
}

for (const key of ["j", "ArrowDown"]) onKey(key, () => choose(current() + 1));
for (const key of ["k", "ArrowUp"]) onKey(key, () => choose(current() - 1));
onKey("[", () => press("up"));
onKey("]", () => press("down"));
onKey("o", () => press("switch"));
onKey("Enter", () => press("edit"));
