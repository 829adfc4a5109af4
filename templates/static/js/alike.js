// J opens what belongs with the case as a batch, where the screen has no rows of its own to step through (Z always does).
import { onKey } from "./keys.js";

onKey("j", () => {
  const button = document.querySelector("#screen [data-together]");
  button?.click();
  return Boolean(button);
});
