// What a reader of the screen says that the eye sees by itself: the next case, what a key chose, which row it went to, and that the
// last one can be undone. In one place that stays while the screens change, for only a change in a place that was there is read.
const PAUSE = 120; // what happens at once is said in one sentence
const LONGEST = 400;
const place = document.getElementById("spoken");
const find = (selector) => document.querySelector(`#screen ${selector}`);
let parts = [];
let timer;
let last = null; // the hold that was said last
let undoing = false;
let offered = false;

function speak(...sentences) {
  parts.push(...sentences.filter(Boolean));
  clearTimeout(timer);
  timer = setTimeout(() => {
    const text = [...new Set(parts)].join(" ");
    parts = [];
    place.textContent = place.textContent === text ? `${text}\u00a0` : text; // the same again is said again
  }, PAUSE);
}

const plain = (element) => {
  const copy = element?.cloneNode(true);
  for (const aside of copy?.querySelectorAll("kbd, svg, [aria-hidden]") ?? []) aside.remove();
  return (copy?.textContent ?? "").replace(/\s+/g, " ").trim();
};
const sentence = (text) => (text ? `${text.slice(0, LONGEST).replace(/[.:\s]+$/, "")}.` : "");
const choice = () => sentence(plain(find("[data-commit-words]")));

// What may be undone is said once, also when the offer is drawn again as the verdict has arrived.
function undo() {
  const toast = document.getElementById("toast");
  if (!toast || offered) return "";
  offered = true;
  const key = toast.querySelector("[data-key=u] kbd:not([hidden])")?.textContent.trim();
  return `${sentence(plain(toast.firstElementChild).split(". ")[0])} ${key ? `${key} takes it back.` : "It can be undone."}`;
}

// The first screen of a page is read as a page.
document.addEventListener("case:arrived", ({ detail: screen }) => {
  const before = last;
  last = screen.dataset.case ? `${screen.dataset.case} ${screen.dataset.token}` : "";
  if (before === null) return undefined;
  if (before === last && undoing) {
    undoing = false;
    return speak("Taken back.");
  }
  if (before === last) return find("details.evidence[open]") ? speak("Evidence.", sentence(plain(find(".ten")))) : undefined;
  const back = undoing;
  [undoing, offered] = [false, false];
  speak(back ? "Taken back." : undo());
  if (last) speak(sentence(plain(find(".content-card > header h2"))), sentence(plain(find(".why > span"))), sentence(plain(find("[data-lease] .ring"))));
  else speak(sentence(plain(find("main h2"))));
  return undefined;
});
document.addEventListener("undo:offered", () => speak(undo()));
document.addEventListener("change", ({ target }) => {
  if (!target.form || target.form !== document.getElementById("verdict")) return;
  const row = target.closest("[data-field]");
  if (row) speak(`${plain(row.querySelector("th b"))}: ${target.value}.`);
  setTimeout(() => speak(choice()), 0);
});
document.addEventListener("row:chosen", ({ target }) => {
  const [name, value] = target.matches("[data-turn]") ? [".who", ".says"] : ["th b", "[data-name=Now]"];
  speak(`${plain(target.querySelector(name))}: ${sentence(plain(target.querySelector(value)))}`);
});
// A key presses a button that has not the focus.
document.addEventListener("click", ({ target }) => {
  undoing ||= Boolean(target.closest("[data-key=u]"));
  const button = target.closest("#screen button[aria-pressed]");
  if (!button || button === document.activeElement) return;
  setTimeout(() => speak(`${plain(button)}: ${button.getAttribute("aria-pressed") === "true" ? "on" : "off"}.`), 0);
});
