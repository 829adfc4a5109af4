// One place for the keyboard. A control names its key with data-key; a page may add functions with onKey.
// Typing in a field, a key with Ctrl/Alt/Meta, and the person's own switch leave every single key alone.
const functions = new Map();

export function onKey(key, run) {
  functions.set(key, [...(functions.get(key) ?? []), run]);
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(target.type);
}

// Enter belongs to the control that has the focus, when that control does something with it.
function ownsEnter(target) {
  return target instanceof HTMLElement && Boolean(target.closest("a[href], button, summary, select, textarea"));
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function press(key) {
  const scope = document.querySelector("dialog[open]") ?? document;
  const control = [...scope.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((c) => !c.disabled && (visible(c) || c instanceof HTMLInputElement));
  if (control) {
    if (control.matches("textarea")) control.focus();
    else control.click();
    return true;
  }
  if (scope !== document) return false;
  return (functions.get(key) ?? []).some((run) => run());
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (localStorage.getItem("single-keys") === "off" && event.key !== "Escape") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" && ownsEnter(event.target)) return;
    if (key.startsWith("Arrow") && event.target instanceof HTMLInputElement) return;
    if (press(key)) event.preventDefault();
  });
}
