// A part that renews itself keeps the focus that was in it: on the same thing, by what it is and does. htmx keeps only that of
// a thing with an id.

const SAYS = ["id", "href", "name", "value"];

const kindOf = (one) => [one.localName, one.form?.getAttribute("action"), ...SAYS.map((name) => one.getAttribute(name))].join(" ");
const alike = (part, kind) => [...part.querySelectorAll("*")].filter((one) => kindOf(one) === kind);

let kept = null;

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const focus = document.activeElement;
  const isIn = target.id && target.matches("[data-live], [data-polls]") && target.contains(focus);
  kept = isIn ? { id: target.id, kind: kindOf(focus), at: alike(target, kindOf(focus)).indexOf(focus) } : null;
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!kept || detail.target?.id !== kept.id || document.activeElement !== document.body) return;
  const place = alike(document.getElementById(kept.id), kept.kind)[kept.at];
  kept = null;
  if (!place) return;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus({ preventScroll: true });
});
