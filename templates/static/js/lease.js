// The hold on a case: how long it lasts, in words and as an arc. Somebody who works keeps it; somebody who left does not.
const BEAT = 60_000;
const NEAR = 0.2;
let timer;
let beat;
let active = performance.now();

for (const kind of ["keydown", "pointerdown", "scroll"]) document.addEventListener(kind, () => (active = performance.now()), { passive: true, capture: true });

function words(seconds) {
  if (seconds < 60) return `Yours for ${Math.max(0, Math.ceil(seconds / 10) * 10)} s`;
  return `Yours for ${Math.round(seconds / 60)} min`;
}

// Said once, when four fifths of the time are over: enough is left to act.
function warn(place) {
  place.querySelector("[data-lease-near]").textContent = "Your hold ends soon. Press + to keep it longer.";
}

export function startLease(screen) {
  clearInterval(timer);
  clearInterval(beat);
  const place = screen.querySelector("[data-lease]");
  if (!place) return;
  const total = Number(place.dataset.leaseTotal);
  let endsAt = performance.now() + Number(place.dataset.lease) * 1000;
  let gone = false;
  const ring = place.querySelector(".ring");
  const say = (text) => {
    if (ring.lastElementChild.textContent !== text) ring.lastElementChild.textContent = text;
  };

  const lose = (sentence) => {
    gone = true;
    clearInterval(timer);
    clearInterval(beat);
    ring.classList.add("near", "gone");
    say("Went back to the queue, your note is kept");
    screen.querySelector("[data-keep]")?.remove();
    screen.dispatchEvent(new CustomEvent("lease:gone", { bubbles: true, detail: sentence }));
  };
  const draw = () => {
    const left = (endsAt - performance.now()) / 1000;
    if (left <= 0) return lose("Your hold on this case ran out.");
    const near = left / total < NEAR;
    if (near && !ring.classList.contains("near")) warn(place);
    ring.classList.toggle("near", near);
    ring.querySelector(".left").setAttribute("stroke-dasharray", `${((100 * left) / total).toFixed(0)} 100`);
    say(words(left));
    return undefined;
  };
  const keep = async () => {
    const body = new FormData();
    body.set("token", screen.dataset.token);
    body.set("csrfmiddlewaretoken", screen.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const answer = await fetch(place.dataset.heartbeat ?? `/cases/${screen.dataset.case}/heartbeat`, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!screen.isConnected || gone) return;
      if (answer.ok) {
        endsAt = performance.now() + (await answer.json()).seconds * 1000;
        place.querySelector("[data-lease-near]").textContent = "";
        draw();
      } else if (answer.status === 409) {
        lose((await answer.json()).sentence);
      }
    } catch {
      // Offline: the arc goes on running down, and the next beat tries again.
    }
  };

  timer = setInterval(draw, 5000);
  beat = setInterval(() => {
    if (performance.now() - active < 2 * BEAT && !document.hidden) keep();
  }, BEAT);
  screen.querySelector("[data-keep]")?.addEventListener("click", keep);
  draw();
}
