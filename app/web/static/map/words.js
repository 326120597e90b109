// The page's words: plain texts with places such as %(n)s.

export function fill(sentence, facts = {}) {
  return String(sentence || "").replace(/%\((\w+)\)s/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

// An element with text, never HTML.
export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
