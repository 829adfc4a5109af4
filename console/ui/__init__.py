"""Pages, thin: parse, authorise, call flow or a selector, render."""
