// What was chosen and written, by case: in this browser tab, so that it survives a reload, a lost hold and a lost line,
// and a little later on the server, for this person alone, so that it is there in another browser.
import { beacon, post } from "./post.js";

const LATER = 2500;
const name = (id) => `draft:${id}`;
const caseOf = (form) => form.closest("[data-case]").dataset.case;
let unsent = null; // [case, draft as text]
let timer;

export function keepDraft(form) {
  if (!form) return;
  const draft = { at: Date.now(), own: form.dataset.own ?? "", ownAction: form.querySelector("[data-actions]")?.dataset.own ?? "", last: form.dataset.lastClause ?? "", values: [] };
  for (const input of form.elements) {
    if (input.name === "note") draft.note = input.value;
    else if ("kept" in input.dataset) draft[`kept:${input.name}`] = input.value;
    else if (input.checked) draft.values.push([input.name, input.value]);
  }
  const text = JSON.stringify(draft);
  sessionStorage.setItem(name(caseOf(form)), text);
  unsent = [caseOf(form), text];
  clearTimeout(timer);
  timer = setTimeout(sendDraft, LATER);
}

async function sendDraft() {
  if (!unsent) return;
  const [id, text] = unsent;
  unsent = null;
  try {
    await post(`/cases/${id}/draft`, [["draft", text]]);
  } catch {
    // No line: it is in this tab, and the next change tries again.
  }
}

const parsed = (text) => {
  try {
    return JSON.parse(text || "null");
  } catch {
    return null;
  }
};

export function restoreDraft(form, id) {
  const here = parsed(sessionStorage.getItem(name(id)));
  const kept = parsed(form.dataset.draft);
  const draft = (kept?.at ?? 0) > (here?.at ?? 0) ? kept : here;
  if (!draft) return;
  if (draft.own) form.dataset.own = draft.own;
  if (draft.last) form.dataset.lastClause = draft.last;
  const actions = form.querySelector("[data-actions]");
  if (actions && draft.ownAction) actions.dataset.own = draft.ownAction;
  for (const input of form.elements) {
    if (input.name === "note") input.value = draft.note ?? "";
    else if ("kept" in input.dataset) input.value = draft[`kept:${input.name}`] ?? "";
    else if (draft.values?.some(([key, value]) => key === input.name && value === input.value)) input.checked = true;
  }
}

// A decided case keeps its draft while it can be undone, so that undo brings everything back.
export function forgetLater(id, seconds) {
  if (unsent?.[0] === id) unsent = null;
  setTimeout(() => {
    if (document.getElementById("screen")?.dataset.case !== id) sessionStorage.removeItem(name(id));
  }, (seconds + 1) * 1000);
}

addEventListener("pagehide", () => {
  if (unsent) beacon(`/cases/${unsent[0]}/draft`, [["draft", unsent[1]]]);
});
