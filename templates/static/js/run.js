// A training run as it goes: when its part is drawn again, the log stays where it was read, or at its end if it was there.
const log = () => document.getElementById("run-log");
let place = null;

document.addEventListener("htmx:beforeSwap", () => {
  const shown = log();
  place = shown && { top: shown.scrollTop, atEnd: shown.scrollTop + shown.clientHeight >= shown.scrollHeight - 4 };
});
document.addEventListener("htmx:afterSwap", () => {
  const shown = log();
  if (shown && place) shown.scrollTop = place.atEnd ? shown.scrollHeight : place.top;
});
const first = log();
if (first) first.scrollTop = first.scrollHeight;
