// The cases that come next, in memory: drawn by the server, blurred, decoded, each with a short hold of its own.
import { onItsWay } from "./line.js";
import { beacon, isAnswer, post } from "./post.js";

const MARGIN = 5000; // a hold that ends within this is not counted on
const RENEW = 40_000;
const AWAY = 120_000;
let memory = [];
let queue = "";
let asking = false;
let seen = new Set(); // cases that were on the screen since the server was asked: what it answers may be older
let again = false; // something changed while the server was asked
let askedAt = 0;
let since = 0; // what the server was asked before is not to be trusted
let active = performance.now();

const screen = () => document.getElementById("screen");
const alive = (next) => next.until - MARGIN > performance.now();
const inUse = (id) => id === screen()?.dataset.case || onItsWay().some((verdict) => verdict.case === id);

export function takeNext(slug) {
  memory = memory.filter((next) => alive(next) && !inUse(next.case));
  return slug === queue ? memory.shift() : undefined;
}

export function forgetAhead() {
  memory = [];
  since = performance.now();
}

export function show({ html, address }) {
  history.pushState({ htmx: true }, "", address);
  window.htmx.swap("#screen", html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
}

// Only after what was decided has arrived: until then the server does not know which case is on the screen.
export async function refill() {
  const slug = screen()?.dataset.slug;
  if (!slug || !screen().dataset.token || onItsWay().length) return;
  if (asking) {
    again = true;
    return;
  }
  if (slug !== queue) memory = [];
  queue = slug;
  memory = memory.filter((next) => alive(next) && !inUse(next.case));
  asking = true;
  seen = new Set([screen().dataset.case]);
  askedAt = performance.now();
  try {
    const response = await post(`/queues/${slug}/ahead`, memory.map((next) => ["have", next.name]));
    if (response.ok && isAnswer(response)) {
      const { ahead } = await response.json();
      if (askedAt >= since) remember(ahead);
    }
  } catch {
    // No line: what is in memory stays as long as its hold.
  } finally {
    asking = false;
  }
  if (!again) return;
  again = false;
  await refill();
}

function remember(rows) {
  const known = new Map(memory.map((next) => [next.name, next]));
  memory = rows
    .filter((row) => !inUse(row.case) && !seen.has(row.case))
    .map((row) => ({ ...(known.get(row.name) ?? decoded(row)), until: performance.now() + row.seconds * 1000 }))
    .filter((next) => next.html);
}

// The pictures that the screen shows at first: small, grey and blurred. What is clear is named elsewhere and not asked for.
function decoded(row) {
  if (!row.html) return row;
  const parsed = new DOMParser().parseFromString(row.html, "text/html");
  const pictures = [...parsed.querySelectorAll("img[src]")].map((place) => {
    const picture = new Image();
    picture.src = place.getAttribute("src");
    picture.decode().catch(() => {});
    return picture;
  });
  return { ...row, pictures };
}

for (const kind of ["keydown", "pointerdown", "scroll"]) {
  document.addEventListener(kind, () => {
    const since = performance.now() - active;
    active = performance.now();
    if (since > RENEW && performance.now() - askedAt > RENEW) refill();
  }, { passive: true, capture: true });
}
setInterval(() => {
  if (!document.hidden && performance.now() - active < AWAY && performance.now() - askedAt > RENEW) refill();
}, RENEW / 4);
document.addEventListener("case:arrived", ({ detail }) => {
  seen.add(detail.dataset.case);
  setTimeout(refill, 0);
});
// Undo, skipping and taking change what the server holds for this person.
document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.shouldSwap && detail.target?.id === "screen" && forgetAhead());
addEventListener("pagehide", () => {
  if (memory.length) beacon("/ahead/give-back", memory.map((next) => ["have", next.name]));
  memory = [];
});
