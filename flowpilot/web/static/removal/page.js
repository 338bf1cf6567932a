// Once words are removed for good, this tab forgets what was typed in it and not sent, and this
// browser its open canvases: those with a phrase, or with a text that nobody else writes by chance.

import { forget } from "./stored.js";

document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (!elt.matches("form[data-removes]") || xhr.status >= 400) return;
  const words = [...document.querySelectorAll("[data-word]")].map((one) => one.dataset.word);
  // Storage may be forbidden: then it has nothing.
  try { forget(sessionStorage, localStorage, words); } catch { /* As said above. */ }
});
