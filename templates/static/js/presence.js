// Who looks at the case too: a sign of life while it is on the screen, and who else gave one.
import { beacon, isAnswer, post } from "./post.js";

const FIRST = 1500; // who leafs through tells nobody
const EVERY = 15_000;
let shown = "";
let told = false;
let timer;

async function look() {
  const id = shown;
  if (!id || document.hidden) return;
  try {
    const response = await post(`/cases/${id}/here`, []);
    told = true;
    if (!response.ok || !isAnswer(response) || id !== shown) return;
    const { sentence } = await response.json();
    const place = document.querySelector("[data-presence]");
    if (place && place.textContent !== sentence) place.textContent = sentence;
  } catch {
    // No line: nobody is told, and nobody is shown who is not there.
  }
}

function leave() {
  clearTimeout(timer);
  clearInterval(timer);
  if (shown && told) beacon(`/cases/${shown}/here`, [["gone", "1"]]);
  shown = "";
  told = false;
}

document.addEventListener("case:arrived", ({ detail: screen }) => {
  if (screen.dataset.case === shown) return;
  leave();
  shown = screen.dataset.case ?? "";
  timer = setTimeout(() => {
    look();
    timer = setInterval(look, EVERY);
  }, FIRST);
});
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", look);
