// Lists of items: J/K or arrows go through the results, Enter (the link's own) opens. The focus is the place.
import { onKey } from "./keys.js";

const links = () => [...document.querySelectorAll("[data-results] [data-result]")];

function go(step) {
  const all = links();
  if (!all.length) return false;
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

for (const key of ["j", "ArrowDown"]) onKey(key, () => go(1));
for (const key of ["k", "ArrowUp"]) onKey(key, () => go(-1));
