// Posting in the background: with the page's own token, and never for ever.
const LONGEST = 20_000;

function bodyOf(fields) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.set("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
  return body;
}

export function post(address, fields) {
  return fetch(address, { method: "POST", body: bodyOf(fields), headers: { Accept: "application/json" }, signal: AbortSignal.timeout(LONGEST) });
}

// For the moment at which a page is left: the browser sends it afterwards.
export const beacon = (address, fields) => navigator.sendBeacon(address, bodyOf(fields));

// Somebody who is signed out is led to a page instead of an answer.
export const isAnswer = (response) => !response.redirected && (response.headers.get("Content-Type") ?? "").startsWith("application/json");
