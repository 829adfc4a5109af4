// The minutes of a break, once a minute: nothing races, and nothing calls anybody back.
const place = document.querySelector("[data-break]");
const began = performance.now() - Number(place.dataset.break) * 60_000;

setInterval(() => {
  const minutes = Math.floor((performance.now() - began) / 60_000);
  if (minutes > 0) place.querySelector("[data-minutes]").textContent = `${minutes} ${minutes === 1 ? "minute" : "minutes"} so far`;
}, 60_000);
