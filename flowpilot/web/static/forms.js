// What a form does when it is sent: its buttons rest until it is answered, so that a second press sends nothing, and then
// the focus is where the reader goes on, not at the top of the page. And what it does before: a choice with a field of its
// own is made by filling that in, and a choice of something else empties the field, so what is seen is what is sent.

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

// What has the focus afterwards, on the same page: the button that was pressed, by what it is and does.
function remember(form) {
  const button = form.contains(document.activeElement) ? document.activeElement : null;
  const isChoice = Boolean(button?.matches(".choice"));
  return { path: location.pathname, action: form.getAttribute("action"), id: button?.id, label: button?.textContent, isChoice };
}

// After an answer that is the new question. A message that nothing was recorded comes before everything.
function next({ path, action, id, label, isChoice }) {
  const question = document.getElementById("now") ?? document.querySelector("main h1");
  const refusal = document.getElementById("refusal");
  if (refusal) return refusal;
  if (path !== location.pathname || isChoice) return question;
  const form = document.querySelector(`form[action="${CSS.escape(action)}"]`);
  const forms = form ? [...document.querySelectorAll("form")].filter((one) => one.getAttribute("action") === action) : [];
  const buttons = forms.flatMap((one) => [...one.querySelectorAll('[type="submit"]')]);
  return (id && document.getElementById(id)) || buttons.find((one) => one.textContent === label) || question;
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
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.requestConfig.verb !== "get") wake(); });
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const then = detail.requestConfig?.elt.dataset.thenFocus;
  if (then) document.getElementById(then)?.focus();
  if (!sent || detail.target !== document.body) return;
  const place = next(sent);
  sent = null;
  // htmx scrolls to the top first. Whoever has begun to write by then, by a key that leads into a field, goes on there.
  setTimeout(() => {
    const isWriting = document.activeElement?.matches("textarea, input, select");
    if (!isWriting || place?.id === "refusal") focusOn(place);
  });
});

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
