// Keys. An element with data-key is clicked, or focused if it takes text; one that opens a form leads into its first
// field. Esc leaves a field, so that these keys work again; Ctrl or Cmd with Enter sends the form, or leads to its answers;
// ? lists all keys.

const FIELDS = 'textarea, select, input:not([type="hidden"])';
const GENERAL = [["Esc", "Leave a field, so that keys work again"], ["Ctrl Enter", "Send the form that you write in"], ["?", "Show these keys"]];

const isField = (target) => target.matches("input, textarea, select, [contenteditable]");

function enter(details) {
  details.open = true;
  details.scrollIntoView({ block: "nearest" });
  details.querySelector(FIELDS).focus();
}

function press(key) {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.type === "submit" && target.closest(".fresh")) return true;
  if (target.matches(FIELDS)) target.focus();
  else if (target.matches("summary") && target.parentElement.querySelector(FIELDS)) enter(target.parentElement);
  else target.click();
  return true;
}

// Of several buttons the primary one sends the form, or the one marked for that. Where there is none, each button is an
// answer, which nobody gives by chance: then the first has the focus. New content rests for clicks, not for what was typed.
function buttonsOf(form) {
  const buttons = [...form.querySelectorAll('[type="submit"]')].filter((button) => !button.disabled && button.offsetParent);
  const sending = buttons.length === 1 ? buttons[0] : form.querySelector("[data-enter]") ?? form.querySelector(".btn-primary");
  return { first: buttons[0], sending };
}

function send(form) {
  const { first, sending } = buttonsOf(form);
  if (sending) form.requestSubmit(sending);
  else first?.focus();
}

function labelOf(target) {
  const place = (target.labels?.[0] ?? target).cloneNode(true);
  for (const key of place.querySelectorAll("kbd")) key.remove();
  return target.getAttribute("aria-label") ?? place.textContent.trim().replace(/\s+/g, " ");
}

function show() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys card";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", className: "card-title", textContent: "Keys" });
  const list = document.createElement("dl");
  const here = [...document.querySelectorAll("[data-key]")].filter((one) => one.offsetParent).map((one) => [one.dataset.key, labelOf(one)]);
  for (const [key, what] of [...here, ...GENERAL]) {
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
  const inField = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") inField?.blur();
  if (inField) return;
  if (event.key === "?") show();
  else if (!press(event.key)) return;
  event.preventDefault();
});

document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-show-keys]")) show(); });
