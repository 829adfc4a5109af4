// Pictures and films: blurred, grey and silent until B. The clear file is asked for only then, and let go again.
const stages = () => [...document.querySelectorAll("#screen [data-clear]")];

function show(place) {
  if (place.matches("img")) {
    place.dataset.small = place.src;
    place.src = place.dataset.clear;
    place.closest(".media").classList.remove("blurred");
    return;
  }
  const film = document.createElement("video");
  Object.assign(film, { muted: true, controls: true, preload: "metadata", playsInline: true });
  film.dataset.shown = "";
  film.addEventListener("error", () => {
    // Not a film: the same address as a picture.
    const picture = document.createElement("img");
    picture.alt = "The picture, not blurred";
    picture.dataset.shown = "";
    picture.src = place.dataset.clear;
    film.replaceWith(picture);
  }, { once: true });
  film.src = place.dataset.clear;
  for (const small of place.querySelectorAll("img")) small.hidden = true;
  place.prepend(film);
  place.classList.remove("blurred");
}

function hide(place) {
  if (place.matches("img")) {
    if (place.dataset.small) place.src = place.dataset.small;
    place.closest(".media").classList.add("blurred");
    return;
  }
  for (const shown of place.querySelectorAll("[data-shown]")) {
    shown.removeAttribute("src");
    shown.remove();
  }
  for (const small of place.querySelectorAll("img")) small.hidden = false;
  place.classList.add("blurred");
}

export function hideMedia() {
  for (const place of stages()) hide(place);
}

export function toggleMedia(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  for (const place of stages()) (on ? show : hide)(place);
}
