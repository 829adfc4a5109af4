// One place for the keyboard. A control names its key with data-key; a page may add functions with onKey.
// Typing in a field, a key with Ctrl/Alt/Meta, and the person's own switch leave every single key alone.
// A person may have put other keys in place of the product's: <body data-keys> says what a pressed key stands for, "" for nothing.
const functions = new Map();
const own = JSON.parse(document.body.dataset.keys || "{}");

export function onKey(key, run) {
  functions.set(key, [...(functions.get(key) ?? []), run]);
}

export function singleKeysOff() {
  return document.body.dataset.singleKeys === "off";
}

// The product's key that a pressed one stands for; "" for nothing.
export function standsFor(pressed) {
  return own[pressed] ?? pressed;
}

export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(target.type);
}

// Enter belongs to the control that has the focus, when that control does something with it.
export function ownsEnter(target) {
  return target instanceof Element && Boolean(target.closest("a[href], button, summary, select, textarea"));
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function press(key, event) {
  const scope = document.querySelector("dialog[open]") ?? document;
  const control = [...scope.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((c) => !c.disabled && (visible(c) || c instanceof HTMLInputElement));
  if (control) {
    if (control.matches("textarea")) control.focus();
    else control.click();
    return true;
  }
  if (scope !== document) return false;
  return (functions.get(key) ?? []).some((run) => run(event));
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (singleKeysOff() && event.key !== "Escape") return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (pressed === "Enter" && ownsEnter(event.target)) return;
    if (pressed === "Enter" && event.repeat) return event.preventDefault(); // held down: it decided one case, not the next
    if (pressed.startsWith("Arrow") && event.target instanceof HTMLInputElement) return;
    const key = standsFor(pressed);
    if (key && press(key, event)) event.preventDefault();
  });
}

// Key caps say the person's own keys. Nothing to do for who changed none.
const caps = new Map(Object.entries(own).filter(([, key]) => key).map(([pressed, key]) => [label(key), label(pressed)]));
const none = new Set(Object.entries(own).filter(([pressed, key]) => !key && !caps.has(label(pressed))).map(([pressed]) => label(pressed)));

function label(key) {
  return { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" }[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

export function recap(root = document) {
  if (!caps.size && !none.size) return;
  for (const cap of root.querySelectorAll("kbd:not([data-cap])")) {
    const usual = label(cap.textContent.trim());
    cap.dataset.cap = usual;
    if (caps.has(usual)) cap.textContent = caps.get(usual);
    else if (none.has(usual)) cap.hidden = true;
  }
}
