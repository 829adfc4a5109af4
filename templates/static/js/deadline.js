// "Ships in 38 min" stays true while the case is open: the words are drawn again each half minute, and nothing else moves.
function words(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

function draw() {
  for (const place of document.querySelectorAll("#screen [data-due]")) {
    const left = (Date.parse(place.dataset.due) - Date.now()) / 1000;
    place.textContent = left > 0 ? `in ${words(left)}` : `was due ${words(-left)} ago`;
  }
}

setInterval(draw, 30_000);
