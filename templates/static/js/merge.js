// Records that may be the same person: M goes to the next one, the arrows choose.
import { onKey } from "./keys.js";

onKey("m", () => {
  const groups = [...document.querySelectorAll("#screen [data-merge]")];
  if (!groups.length) return false;
  const at = groups.findIndex((group) => group.contains(document.activeElement));
  const next = groups[(at + 1) % groups.length];
  (next.querySelector("input:checked") ?? next.querySelector("input")).focus();
  next.scrollIntoView({ block: "center" });
  return true;
});
