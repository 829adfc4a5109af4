// What every page shares: keys, dialogs, the search field, the toast. A plain module; pages add their own.
import { listen, onKey, recap } from "./keys.js";

const byId = (id) => document.getElementById(id);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    byId(opener.dataset.opens)?.showModal();
  }
});

onKey("/", () => {
  const field = document.querySelector("main [data-search]") ?? document.querySelector("[data-search]");
  field?.focus();
  return Boolean(field);
});
onKey("?", () => {
  byId("keys")?.showModal();
  return true;
});

// The switch for single keys is the person's own: it holds in every browser that they use.
byId("single-keys")?.addEventListener("change", (event) => {
  document.body.dataset.singleKeys = event.target.checked ? "on" : "off";
  fetch(event.target.form.action, { method: "POST", body: new FormData(event.target.form) });
});
recap();
for (const name of ["htmx:afterSettle", "case:arrived"]) document.addEventListener(name, () => recap());

// Whatever is refused is read first: no dialog may cover it, and the page shows it.
function bringUp(place) {
  document.querySelector("dialog[open]")?.close();
  place.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:afterSwap", (event) => event.detail.target?.id === "problem" && bringUp(event.detail.target));

// The machine may not answer: say so, keep what was written.
export function showProblem(lead, text, calm = false) {
  const place = byId("problem");
  if (!place) return;
  place.replaceChildren();
  const banner = document.createElement("div");
  banner.className = calm ? "banner calm" : "banner bad";
  banner.setAttribute("role", "alert");
  const words = document.createElement("p");
  const bold = document.createElement("b");
  bold.textContent = lead;
  words.append(bold, ` ${text}`);
  banner.append(document.createElement("span"), words);
  place.append(banner);
  bringUp(place);
}
// A refusal as the server drew it, with the way on that it offers.
export function showRefusal(html) {
  const place = byId("problem");
  if (!place) return;
  place.innerHTML = html;
  window.htmx.process(place);
  bringUp(place);
}
document.addEventListener("htmx:sendError", () => showProblem("You are offline.", "Nothing was sent. What you chose and wrote is kept here; press again when the line is back."));
document.addEventListener("htmx:timeout", () => showProblem("No answer in time.", "What you chose and wrote is kept here; press again."));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500 && event.detail.xhr.status !== 503) {
    showProblem("That did not work.", "Your work is safe, and what you wrote is kept here. Try again, or tell your admin.");
  }
});

function tickToast() {
  const toast = byId("toast");
  if (!toast?.dataset.toast) return;
  toast.dataset.endsAt ??= String(performance.now() + Number(toast.dataset.toast) * 1000);
  const left = (Number(toast.dataset.endsAt) - performance.now()) / 1000;
  if (left <= 0) {
    toast.remove();
    return;
  }
  toast.querySelector("[data-seconds]").textContent = `${Math.ceil(left)} s`;
  toast.querySelector(".left").setAttribute("stroke-dasharray", `${((100 * left) / Number(toast.dataset.total)).toFixed(0)} 100`);
}
setInterval(tickToast, 250);

listen();
