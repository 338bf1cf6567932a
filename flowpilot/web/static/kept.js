// What somebody types on the page of a session or a handoff, or in a form of a session that is a page of its own, is kept in
// this tab until it is recorded: sending another form of the page, following a link or reloading loses none of it. A field of
// a step belongs to that step, one of a suggestion to that suggestion, the others to the page.

import { aboutOf } from "./forms/about.js";

const NAME = "flowpilot-typed";
const PAGES = /^\/(sessions|handoffs)\/[0-9a-f-]{36}(\/(escalate|verify))?$/;
const FIELDS = "textarea, input:not([type]), input[type=text], input[type=number], select";

const caller = () => document.getElementById("main")?.dataset.caller;
// What a field said as the page came.
function cameWith(field) {
  if (!field.matches("select")) return field.defaultValue;
  return ([...field.options].find((one) => one.defaultSelected) ?? field.options[0])?.value;
}
const fieldsOf = (form) => [...form.elements].filter((one) => one.matches(FIELDS));

function keyOf(field) {
  const form = field.form;
  if (!PAGES.test(location.pathname) || form?.method !== "post" || !field.name) return null;
  return [caller(), location.pathname, form.getAttribute("action"), field.id || field.name, aboutOf(field)].join(" ");
}

function read() {
  try { return JSON.parse(sessionStorage.getItem(NAME) ?? "{}"); } catch { return {}; }
}

// Storage may be full or forbidden: the words are then still in their field.
function write(kept) {
  try { sessionStorage.setItem(NAME, JSON.stringify(kept)); } catch { /* As said above. */ }
}

function keep(field) {
  const key = keyOf(field);
  if (!key) return;
  const kept = read();
  if (field.value === cameWith(field)) delete kept[key];
  else kept[key] = { before: cameWith(field), value: field.value };
  write(kept);
}

// A field that says something else than when it was typed in has been changed by somebody else.
function restore(part) {
  const kept = read();
  for (const field of part.querySelectorAll(FIELDS)) {
    const words = kept[keyOf(field)];
    if (!words || field.value !== cameWith(field) || cameWith(field) !== words.before) continue;
    if (field.matches("select") && ![...field.options].some((one) => one.value === words.value)) continue;
    field.value = words.value;
    const details = field.closest("details");
    if (details) details.open = true;
  }
}

function forget(keys) {
  const kept = read();
  for (const key of keys) delete kept[key];
  write(kept);
}

let sent = [];

document.addEventListener("input", ({ target }) => { if (target.matches(FIELDS)) keep(target); });
document.addEventListener("htmx:beforeSend", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig.verb !== "get" && elt.matches("form")) sent = fieldsOf(elt).map(keyOf);
});
document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr, requestConfig } }) => {
  if (requestConfig.verb === "get") return;
  if (xhr.status < 400) forget(sent);
  sent = [];
});
document.addEventListener("htmx:load", ({ target }) => {
  // Whoever is no longer signed in finds their words again once they are.
  if (caller()) restore(target);
});
// Whoever signs out leaves nothing behind.
document.addEventListener("submit", ({ target }) => {
  if (target.getAttribute("action") === "/sign-out") sessionStorage.removeItem(NAME);
}, true);
