// What was chosen and written, by case, in this browser tab only: it survives a reload, a lost hold and a lost line.
const name = (id) => `draft:${id}`;
const caseOf = (form) => form.closest("[data-case]").dataset.case;

export function keepDraft(form) {
  if (!form) return;
  const draft = { own: form.dataset.own ?? "", ownAction: form.querySelector("[data-actions]")?.dataset.own ?? "", last: form.dataset.lastClause ?? "", values: [] };
  for (const input of form.elements) {
    if (input.name === "note") draft.note = input.value;
    else if ("kept" in input.dataset) draft[`kept:${input.name}`] = input.value;
    else if (input.checked) draft.values.push([input.name, input.value]);
  }
  sessionStorage.setItem(name(caseOf(form)), JSON.stringify(draft));
}

export function restoreDraft(form, id) {
  let draft;
  try {
    draft = JSON.parse(sessionStorage.getItem(name(id)) ?? "null");
  } catch {
    draft = null;
  }
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
  setTimeout(() => {
    if (document.getElementById("screen")?.dataset.case !== id) sessionStorage.removeItem(name(id));
  }, (seconds + 1) * 1000);
}
