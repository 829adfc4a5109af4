// The list of keys shows those that do something here: each line names what it needs on the screen.
import { standsFor } from "./keys.js";

function follow() {
  const last = Math.max(1, ...[...document.querySelectorAll("#verdict [data-key]")].map((control) => Number(control.dataset.key) || 0));
  for (const cap of document.querySelectorAll("#keys [data-digits]")) cap.textContent = last > 1 ? `1–${last}` : "1";
  for (const line of document.querySelectorAll("#keys [data-needs]")) line.hidden = !document.querySelector(line.dataset.needs);
  for (const part of document.querySelectorAll("#keys section")) part.hidden = !part.querySelector(".pair:not([hidden])");
}
document.addEventListener("case:arrived", follow);
document.addEventListener("click", (event) => event.target.closest("[data-opens='keys']") && follow());
document.addEventListener("keydown", (event) => standsFor(event.key) === "?" && follow(), true);
follow();
