// The text of an item as the page shows it, by code points: what the server counts. Labels of the evidence count nothing;
// an element with data-chars (a mask, a safe link, the name of an unseen character) stands for so many code points at once.
const STANDS_FOR = "\u25a1";

export function read(root) {
  const parts = [];
  let place = 0;
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        const chars = [...child.data];
        parts.push({ node: child, start: place, chars });
        place += chars.length;
      } else if (child.nodeType === Node.ELEMENT_NODE && child.dataset.chars) {
        parts.push({ node: child, start: place, chars: Array(Number(child.dataset.chars)).fill(STANDS_FOR), whole: true });
        place += Number(child.dataset.chars);
      } else if (child.nodeType === Node.ELEMENT_NODE && !child.matches(".ev-label")) {
        walk(child);
      }
    }
  };
  walk(root);
  return parts;
}

export const textOf = (parts) => parts.map((part) => part.chars.join("")).join("");
const units = (chars, count) => chars.slice(0, count).join("").length;

// A range of the page for code points [start, end).
export function rangeOf(parts, start, end) {
  const range = document.createRange();
  const first = parts.find((part) => start < part.start + part.chars.length);
  const last = parts.find((part) => end <= part.start + part.chars.length);
  if (!first || !last) return null;
  if (first.whole) range.setStartBefore(first.node);
  else range.setStart(first.node, units(first.chars, Math.max(0, start - first.start)));
  if (last.whole) range.setEndAfter(last.node);
  else range.setEnd(last.node, units(last.chars, end - last.start));
  return range;
}

// Code points [start, end) of a range of the page, or null when it touches nothing of this text.
export function placesOf(parts, range) {
  let start = null;
  let end = null;
  for (const part of parts) {
    if (!part.chars.length || !range.intersectsNode(part.node)) continue;
    let from = 0;
    let to = part.chars.length;
    if (!part.whole && range.startContainer === part.node) from = [...part.node.data.slice(0, range.startOffset)].length;
    if (!part.whole && range.endContainer === part.node) to = [...part.node.data.slice(0, range.endOffset)].length;
    if (from >= to) continue;
    start ??= part.start + from;
    end = part.start + to;
  }
  return start === null ? null : [start, end];
}

// Words as [start, end) in code points: by the browser's own rules where it has them, so that no script is left out.
export function wordsOf(text) {
  const found = [];
  let units = 0;
  let points = 0;
  const until = (index) => {
    points += [...text.slice(units, index)].length;
    units = index;
    return points;
  };
  if ("Segmenter" in Intl) {
    for (const { segment, index, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
      if (isWordLike || segment.includes(STANDS_FOR)) found.push([until(index), until(index + segment.length)]);
    }
  } else {
    for (const match of text.matchAll(/\S+/gu)) found.push([until(match.index), until(match.index + match[0].length)]);
  }
  return found;
}
