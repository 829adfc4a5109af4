// Giving a verdict: the next case is on the screen at once, and the verdict follows in the background.
// What is refused brings its case back, with the draft and the words.
import { forgetAhead, refill, show, takeNext } from "./ahead.js";
import { showProblem, showRefusal } from "./app.js";
import { forgetLater } from "./draft.js";
import { onKey } from "./keys.js";
import { lastOne, onItsWay, send, takeBack } from "./line.js";
import { hideMedia } from "./media.js";
import { awaitScreen, isWaiting, startle, stopWaiting } from "./meanwhile.js";

const PATIENCE = 400; // until then the answer is there, with the real offer to undo
const drawn = new Map(); // case -> its screen as it was left, for a verdict that is taken back before it was sent
const wantsBack = new Set();
const screen = () => document.getElementById("screen");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "verdict" || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  const { case: id, slug, person } = screen().dataset;
  if (isWaiting() || onItsWay().some((verdict) => verdict.case === id)) return;
  const fields = [...new FormData(form, event.submitter)].filter(([name]) => name !== "csrfmiddlewaretoken");
  const words = form.querySelector("[data-commit-words]").textContent;
  const verdict = { case: id, person, address: form.getAttribute("action"), fields, words };
  const next = takeNext(slug);
  hideMedia();
  screen().querySelector("#toast")?.remove();
  drawn.set(id, { html: screen().outerHTML, address: location.pathname });
  if (next) {
    verdict.next = next.name;
    show(next);
  } else {
    close();
  }
  setTimeout(() => offerBack(verdict), PATIENCE);
  send(verdict);
}, true);

// Nothing is in memory, so the decided case stays until the next one comes: what was sent can be taken back, but not changed.
function close() {
  awaitScreen({ undo: true });
  const form = document.getElementById("verdict");
  form.querySelector("[data-commit-words]").textContent = "On its way";
  for (const part of form.children) part.inert = true;
}

// In place: what is refused is heard only where something was before.
function reopen(verdict) {
  stopWaiting();
  const form = document.getElementById("verdict");
  if (!form) return;
  for (const part of form.children) part.inert = false;
  form.querySelector("[data-commit-words]").textContent = verdict.words;
}

// A page that was loaded again while its verdict is on the way.
document.addEventListener("case:arrived", ({ detail }) => {
  if (detail.dataset.case && onItsWay().some((verdict) => verdict.case === detail.dataset.case)) close();
});

document.addEventListener("verdict:stored", ({ detail: { verdict, answer } }) => {
  drawn.delete(verdict.case);
  const shown = screen()?.dataset.case;
  const back = wantsBack.delete(verdict.case) && Boolean(answer.undo);
  if (answer.lost) forgetAhead(); // what else is in memory may be lost too
  if (!back && answer.screen && (shown === verdict.case || verdict.next?.startsWith(`${shown}:`))) {
    show({ html: answer.screen, address: answer.address });
    if (answer.lost) {
      showProblem("Another one came.", answer.lost, true);
      startle();
    }
  } else {
    offer(answer.undo);
  }
  const toast = document.getElementById("toast");
  forgetLater(verdict.case, Number(toast?.dataset.toast ?? 0));
  if (back) toast?.querySelector('[data-key="u"]')?.click();
  else refill();
});

document.addEventListener("verdict:refused", async ({ detail: { verdict, answer } }) => {
  drawn.delete(verdict.case);
  wantsBack.delete(verdict.case);
  document.querySelector("#toast[data-waits]")?.remove();
  awaitScreen(); // what was pressed meanwhile was meant for a verdict that counts
  if (screen()?.dataset.case === verdict.case) {
    reopen(verdict);
  } else if (answer.back) {
    forgetAhead(); // what was on the screen comes next again
    await window.htmx.ajax("GET", answer.back, { target: "#screen", swap: "outerHTML" });
    history.pushState({ htmx: true }, "", answer.back);
    startle();
  } else {
    stopWaiting();
  }
  showRefusal(answer.problem);
});

document.addEventListener("verdict:signed-out", () => showProblem("You are signed out.", "Load the page and sign in again: what you decided is kept in this tab and sent then.", true));

function offer(html) {
  document.getElementById("toast")?.remove();
  const form = document.getElementById("verdict");
  if (!form || !html) return;
  form.insertAdjacentHTML("afterbegin", html);
  window.htmx.process(document.getElementById("toast"));
  document.dispatchEvent(new CustomEvent("undo:offered"));
}

// No answer yet: the verdict can be taken back all the same.
function offerBack(verdict) {
  if (!onItsWay().includes(verdict) || document.getElementById("toast")) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.id = "toast";
  toast.dataset.waits = "";
  toast.setAttribute("role", "group");
  toast.setAttribute("aria-label", "Undo");
  const said = document.createElement("span");
  said.textContent = `Last one: ${verdict.words}`;
  const button = document.createElement("button");
  button.className = "btn";
  button.type = "button";
  button.dataset.key = "u";
  button.append("Undo ", Object.assign(document.createElement("kbd"), { textContent: "U" }));
  button.addEventListener("click", undoLast);
  toast.append(said, button);
  document.getElementById("verdict")?.prepend(toast);
  document.dispatchEvent(new CustomEvent("undo:offered"));
}

function undoLast() {
  const verdict = lastOne();
  if (!verdict) return false;
  if (drawn.has(verdict.case) && takeBack(verdict)) {
    bringBack(verdict);
  } else {
    wantsBack.add(verdict.case);
    awaitScreen({ of: verdict.case });
  }
  return true;
}
onKey("u", undoLast);

function bringBack(verdict) {
  const before = drawn.get(verdict.case);
  drawn.delete(verdict.case);
  forgetAhead();
  show(before);
  refill();
}

// The line went while the verdict was on its way: then it can be taken back here.
document.addEventListener("verdict:delayed", ({ detail: { verdict } }) => {
  if (wantsBack.has(verdict.case) && drawn.has(verdict.case) && takeBack(verdict)) {
    wantsBack.delete(verdict.case);
    bringBack(verdict);
  }
});
