// What a form does when it is sent: its buttons rest until it is answered, so that a second press sends nothing, and then
// the focus is where the reader goes on, not at the top of the page. And what it does before: a choice with a field of its
// own is made by filling that in, and a choice of something else empties the field, so what is seen is what is sent.

import { aboutOf } from "./forms/about.js";

let sent = null;
let resting = [];
let pressed = null;

function rest(form) {
  pressed = form.contains(document.activeElement) ? document.activeElement : null;
  resting = [...form.querySelectorAll('[type="submit"]')].filter((button) => !button.disabled);
  for (const button of resting) button.disabled = true;
}

// A button that rests loses the focus, and gets it back if its form is still there.
function wake() {
  for (const button of resting) button.disabled = false;
  resting = [];
  if (pressed?.isConnected && document.activeElement === document.body) pressed.focus();
  pressed = null;
}

const labelOf = (button) => button.getAttribute("aria-label") ?? button.textContent;
const isWritingIn = (place) => Boolean(place?.matches("textarea, input, select"));

// What has the focus afterwards, on the same page: the button or field that had it, by what it is, in the form that it is in.
function remember(form) {
  const place = form.contains(document.activeElement) ? document.activeElement : null;
  const isChoice = Boolean(place?.matches(".choice"));
  const is = { id: place?.id, name: place?.name, label: place && labelOf(place) };
  return { form, path: location.pathname, action: form.getAttribute("action"), about: aboutOf(form), isChoice, is };
}

const isLike = ({ id, name, label }) => (one) => {
  if (id) return one.id === id;
  return one.type === "submit" ? labelOf(one) === label : Boolean(name) && one.name === name && one.type !== "hidden";
};

// After an answer that is the new question. A message that nothing was recorded comes before everything. A form of the same
// address about another step or suggestion is another form, and a field of the same name in another form is another field.
function next(sent) {
  const question = document.getElementById("now") ?? document.querySelector("main h1");
  const refusal = document.getElementById("refusal");
  if (refusal) return refusal;
  if (sent.path !== location.pathname || sent.isChoice) return question;
  const forms = [...document.querySelectorAll("form")].filter((one) => one.getAttribute("action") === sent.action && aboutOf(one) === sent.about);
  return forms.flatMap((one) => [...one.elements]).find(isLike(sent.is)) ?? question;
}

function focusOn(found) {
  // What is folded away is opened there.
  const place = found?.closest("details:not([open])")?.querySelector("summary") ?? found;
  if (!place) return;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus();
}

document.addEventListener("htmx:beforeSend", ({ detail: { elt, requestConfig, boosted } }) => {
  if (requestConfig.verb === "get" || !elt.matches("form")) return;
  sent = boosted ? remember(elt) : null;
  rest(elt);
});
// htmx gives the focus to a field with the id of the one that had it, in whichever form that is: nobody writes there yet,
// unless they did so outside the form that was sent.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (sent && detail.target === document.body) sent.isElsewhere = isWritingIn(document.activeElement) && !sent.form.contains(document.activeElement);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (sent && detail.target === document.body) sent.given ??= document.activeElement;
});
// A page that begins in a field does so at once: htmx would only later, when somebody may be in another one.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== document.body) return;
  const field = document.querySelector("main [autofocus]");
  field?.focus();
  field?.removeAttribute("autofocus");
});
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.requestConfig.verb !== "get") wake(); });
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const then = detail.requestConfig?.elt.dataset.thenFocus;
  if (then) document.getElementById(then)?.focus();
  if (!sent || detail.target !== document.body) return;
  const place = next(sent);
  // htmx scrolls to the top first. Whoever has begun to write by then, by a key that leads into a field, goes on there.
  const { isElsewhere, given } = sent;
  sent = null;
  setTimeout(() => {
    const isGiven = !isElsewhere && document.activeElement === given;
    if (!isWritingIn(document.activeElement) || isGiven || place?.id === "refusal") focusOn(place);
  });
});

// What is offered for a field is filled in where it is: what else is in the form stays, chosen files too.
document.addEventListener("click", (event) => {
  const offer = event.target.closest?.("[data-fill]");
  const field = offer && document.getElementById(offer.dataset.fill);
  if (!field || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  field.value = offer.dataset.value;
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  field.focus();
  (offer.closest("p") ?? offer).remove();
}, true);

const choiceOf = (field) => document.getElementById(field.dataset.chooses);

document.addEventListener("input", ({ target }) => {
  if (target.dataset.chooses && target.value) choiceOf(target).checked = true;
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches('[type="radio"]')) return;
  for (const field of target.form?.querySelectorAll("[data-chooses]") ?? []) {
    const choice = choiceOf(field);
    if (choice.name === target.name && !choice.checked) field.value = "";
  }
});
