// Keys. The page itself says which there are: the key in an element's data-key clicks it, focuses it if it takes text, and
// leads into the form that it opens. What a press does, what ? lists and what screen readers say are all read from there. A
// part of the page that handles keys of its own adds them when the list is made (`keys-asked`). Esc leaves a field, so that
// the page's keys work again; Ctrl or Cmd with Enter sends the form, or leads to its answers.

const FIELDS = 'textarea, select, input:not([type="hidden"])';
const LEAVES = ["Esc", "Leave a field, so that keys work again"];
const SENDS = ["Ctrl Enter", "Send the form that you write in"];
const SHOWS = ["?", "Show these keys"];

const isField = (target) => target.matches("input, textarea, select, [contenteditable]");

// What each key does now, by key. What cannot be seen or pressed has none, and of two the first has it.
function places() {
  const found = new Map();
  for (const one of document.querySelectorAll("[data-key]")) {
    const { key } = one.dataset;
    if (one.checkVisibility() && !one.disabled && !found.has(key)) found.set(key, one);
  }
  return found;
}

// What one can write in, now or once its fold is open.
const fieldsIn = (part) => [...part.querySelectorAll(FIELDS)].filter((one) => !one.disabled && !one.closest("[hidden]"));

// A fold leads into the first field of its own; one without is opened and closed.
function fieldOf(place) {
  if (place.matches(FIELDS)) return place;
  const fold = place.closest("summary")?.parentElement;
  return fold && fieldsIn(fold).find((one) => one.closest("details") === fold);
}

function press(key) {
  const place = places().get(key);
  if (!place) return false;
  if (place.type === "submit" && place.closest(".fresh")) return true;
  const field = fieldOf(place);
  if (field) enter(field, place);
  else place.click();
  return true;
}

function enter(field, place) {
  if (field !== place) {
    place.parentElement.open = true;
    place.parentElement.scrollIntoView({ block: "nearest" });
  }
  writeIn(field);
}

// Of words that are there already one goes on behind the last.
function writeIn(field) {
  field.focus();
  if (field.matches('textarea, input[type="text"]')) field.setSelectionRange(field.value.length, field.value.length);
}

// Of several buttons the primary one sends the form, or the one marked for that. Where there is none, each button is an
// answer, which nobody gives by chance: then the first has the focus. New content rests for clicks, not for what was typed.
function buttonsOf(form) {
  const buttons = [...form.querySelectorAll('[type="submit"]')].filter((button) => !button.disabled && button.checkVisibility());
  const [sending] = buttons.length === 1 ? buttons : ["[data-enter]", ".btn-primary"].flatMap((kind) => buttons.filter((one) => one.matches(kind)));
  return { first: buttons[0], sending };
}

function send(form) {
  const { first, sending } = buttonsOf(form);
  // By a click: htmx learns from nothing else which button it was, and would leave out what the button says.
  if (sending) sending.click();
  else first?.focus();
}

function labelOf(target) {
  const place = (target.labels?.[0] ?? target).cloneNode(true);
  for (const key of place.querySelectorAll("kbd")) key.remove();
  return target.getAttribute("aria-label") ?? place.textContent.trim().replace(/\s+/g, " ");
}

function keysHere() {
  const asked = new CustomEvent("keys-asked", { detail: [...places()].map(([key, place]) => [key, labelOf(place)]) });
  document.dispatchEvent(asked);
  const fields = fieldsIn(document);
  const canSend = fields.some(({ form }) => form?.querySelector('[type="submit"]:not(:disabled)'));
  return [...asked.detail, ...(fields.length ? [LEAVES] : []), ...(canSend ? [SENDS] : []), SHOWS];
}

function show() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys card";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", className: "card-title", textContent: "Keys" });
  const list = document.createElement("dl");
  for (const [key, what] of keysHere()) {
    const term = document.createElement("dt");
    term.append(...key.split(" ").map((one) => Object.assign(document.createElement("kbd"), { textContent: one })));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: what }));
  }
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(title, list, close);
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.defaultPrevented || !(event.target instanceof Element)) return;
  const form = event.key === "Enter" && isField(event.target) && event.target.form;
  const isAsked = form && (event.ctrlKey || event.metaKey);
  // A browser gives the first answer for Enter alone.
  const isByChance = form && event.target.matches("input") && !buttonsOf(form).sending && buttonsOf(form).first;
  if (isAsked || isByChance) {
    event.preventDefault();
    send(form);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const place = event.target.closest("input, textarea, select, [contenteditable]") ?? headingOfOpenForm(event.target);
  if (event.key === "Escape") place?.blur();
  if (place) return;
  if (event.key === "?") show();
  else if (!press(event.key)) return;
  event.preventDefault();
});

// What is typed at the heading of a form was meant for the form, and no key of the page.
function headingOfOpenForm(target) {
  const heading = target.closest("summary");
  return heading?.parentElement.open && fieldOf(heading) ? heading : null;
}

document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-show-keys]")) show(); });

// Who opens a form types in it next.
document.addEventListener("click", ({ target }) => {
  const heading = target.closest?.("summary");
  const fold = heading?.parentElement;
  if (fold && !fold.open) fold.addEventListener("toggle", () => { if (fold.open && fieldOf(heading)) writeIn(fieldOf(heading)); }, { once: true });
});

// Who follows a link to a form types in it next, too.
document.addEventListener("click", ({ target }) => {
  const link = target.closest?.("a[href^='#']");
  const part = link && document.getElementById(link.hash.slice(1));
  const fold = part?.matches("details") ? part : part?.querySelector(":scope > details");
  const heading = fold?.querySelector(":scope > summary");
  const field = heading && fieldOf(heading);
  // The browser goes to the part first.
  if (field) setTimeout(() => enter(field, heading));
});

// Only where scripts run, because only there a key does something.
document.addEventListener("htmx:load", () => {
  for (const one of document.querySelectorAll("[data-key]")) one.setAttribute("aria-keyshortcuts", one.dataset.key);
});
