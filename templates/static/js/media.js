// Pictures and films: blurred, grey and silent until B. The clear file is asked for only then, and let go again.
// Grey, sound and outline are looks of what is shown; what a person prefers comes from the body (wanted unless it says "off").
const screenNow = () => document.getElementById("screen");
const stages = () => [...document.querySelectorAll("#screen [data-clear]")];
const wanted = (name) => document.body.dataset[name] !== "off";
let films = []; // let go of even where the screen around them was replaced
let shown = null; // {case, severity} of what is in view: told once when it comes and once when it goes

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function show(place) {
  if (place.matches("img")) {
    place.dataset.small = place.src;
    place.src = place.dataset.clear;
    place.closest(".media").classList.remove("blurred");
    return;
  }
  const film = document.createElement("video");
  Object.assign(film, { muted: true, preload: "auto", playsInline: true, disablePictureInPicture: true, disableRemotePlayback: true });
  film.dataset.shown = "";
  film.addEventListener("error", () => {
    // Not a film: the same address as a picture.
    const picture = document.createElement("img");
    picture.alt = "The picture, not blurred";
    picture.dataset.shown = "";
    picture.addEventListener("error", () => picture.replaceWith(unplayable()), { once: true });
    picture.src = place.dataset.clear;
    film.replaceWith(picture);
  }, { once: true });
  film.src = place.dataset.clear;
  films.push(film);
  for (const small of place.querySelectorAll("img")) small.hidden = true;
  place.prepend(film);
  place.classList.remove("blurred");
  tell("film:shown", film);
}

// A film in a form that this browser does not know: the frames and the words of it are below.
function unplayable() {
  const sentence = document.createElement("p");
  sentence.className = "small soft";
  sentence.dataset.shown = "";
  sentence.setAttribute("role", "status");
  sentence.textContent = "This browser cannot play the file. Decide by its frames and words, or skip it as broken.";
  return sentence;
}

function hide(place) {
  if (place.matches("img")) {
    if (place.dataset.small) place.src = place.dataset.small;
    place.closest(".media").classList.add("blurred");
    return;
  }
  for (const film of place.querySelectorAll("[data-shown]")) {
    film.removeAttribute("src");
    film.remove();
  }
  for (const small of place.querySelectorAll("img")) small.hidden = false;
  place.classList.add("blurred");
}

export function hideMedia() {
  for (const film of films) {
    film.pause();
    film.removeAttribute("src");
    film.load();
  }
  films = [];
  for (const place of stages()) hide(place);
  document.querySelector("#screen [data-unblur]")?.setAttribute("aria-pressed", "false");
  if (shown) tell("media:hidden", shown);
  shown = null;
}

function toggle() {
  if (shown) return hideMedia();
  const screen = screenNow();
  if (!stages().length) return undefined;
  document.querySelector("#screen [data-unblur]").setAttribute("aria-pressed", "true");
  shown = { case: screen.dataset.case, severity: screen.dataset.severity ? Number(screen.dataset.severity) : null };
  for (const place of stages()) show(place);
  tell("media:shown", shown);
  return undefined;
}

function setLook(name, on) {
  const screen = screenNow();
  screen.toggleAttribute(`data-${name}`, on);
  screen.querySelector(`[data-look="${name}"]`)?.setAttribute("aria-pressed", String(on));
  tell("media:look", { name, on });
}

// A new case begins as the person prefers, whatever was chosen for the last one; the file itself always waits for B.
export function arriveMedia() {
  hideMedia();
  setLook("colour", !wanted("grey"));
  setLook("sound", !wanted("mute"));
  setLook("outline", document.body.dataset.edge === "on");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#screen [data-unblur], #screen .media.stage .veil")) toggle();
  const look = event.target.closest("#screen [data-look]");
  if (look) setLook(look.dataset.look, look.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("htmx:beforeSwap", (event) => event.detail.shouldSwap && event.detail.target?.id === "screen" && hideMedia());
addEventListener("pagehide", hideMedia);
