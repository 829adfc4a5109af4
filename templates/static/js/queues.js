// The overview: J/K or arrows choose a queue, Enter starts it, 1 to 4 choose which cases are listed; the list follows.
import { onKey } from "./keys.js";

let follow; // the list waits for the last of several quick steps
const rows = () => [...document.querySelectorAll("[data-queue]")];
const current = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");

function choose(index) {
  const all = rows();
  if (!all.length) return false;
  const next = all[Math.max(0, Math.min(all.length - 1, index))];
  for (const row of all) {
    row.toggleAttribute("aria-selected", false);
    row.querySelector("[data-start]")?.classList.remove("primary");
  }
  next.setAttribute("aria-selected", "true");
  next.querySelector("[data-start]")?.classList.add("primary");
  next.scrollIntoView({ block: "nearest" });
  clearTimeout(follow);
  const view = document.querySelector("#next [data-view][aria-current]")?.dataset.view ?? "";
  const query = new URLSearchParams({ queue: next.dataset.queue, view });
  follow = setTimeout(() => window.htmx?.ajax("GET", `/?${query}`, { target: "#next", swap: "outerHTML" }), 120);
  return true;
}

for (const key of ["j", "ArrowDown"]) onKey(key, () => choose(current() + 1));
for (const key of ["k", "ArrowUp"]) onKey(key, () => choose(current() - 1));
onKey("Enter", () => {
  const button = rows()[current()]?.querySelector("[data-start]");
  button?.click();
  return Boolean(button);
});
