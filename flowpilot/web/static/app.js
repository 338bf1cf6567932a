// Conveniences. Everything also works without them: forms and links need no script.

const TICK_MS = 1000;
const FRESH_MS = 500;
// Long enough to read two sentences twice.
const NOTE_MS = 12000;

function words(seconds) {
  const whole = Math.round(Math.max(0, seconds));
  const units = [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]];
  for (const [unit, size, smaller, smallerSize] of units) {
    if (whole >= size) {
      const rest = Math.floor((whole % size) / smallerSize);
      return `${Math.floor(whole / size)}\u00a0${unit}` + (rest ? `\u00a0${rest}\u00a0${smaller}` : "");
    }
  }
  return `${whole}\u00a0s`;
}

function tick() {
  for (const time of document.querySelectorAll("[data-since]")) {
    const text = words((Date.now() - Date.parse(time.dataset.since)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
  // In whole minutes until the last one, as the server says it.
  for (const time of document.querySelectorAll("[data-until]")) {
    const left = Math.floor(Math.max(0, Date.parse(time.dataset.until) - Date.now()) / 1000);
    const text = words(left < 60 ? left : left - (left % 60));
    if (time.textContent !== text) time.textContent = text;
  }
}

function toggleTheme() {
  const root = document.documentElement;
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("flowpilot-theme", root.dataset.bsTheme);
  document.dispatchEvent(new Event("theme"));
}

async function copy(button) {
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.previousElementSibling;
  const text = button.dataset.text ?? source.value ?? source.textContent;
  let said = button.dataset.copied ?? "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers allow the clipboard only on secure pages: select the text, so that Ctrl-C copies it.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    said = said.replace("Copied", "Selected for Ctrl+C");
  }
  const label = button.querySelector("[data-label]") ?? button;
  const before = button.dataset.before ??= label.textContent;
  label.textContent = said;
  setTimeout(() => { label.textContent = before; }, 2000);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-toggle], [data-copy], [data-dismiss]");
  if (!target) return;
  if ("themeToggle" in target.dataset) toggleTheme();
  if ("copy" in target.dataset) copy(target);
  if ("dismiss" in target.dataset) target.closest(".note").remove();
});

// What was done is said for a while. Later it might no longer be so; what went wrong stays until somebody dismisses it.
function passAway(note) {
  note.dataset.passing = "";
  const isRead = () => note.matches(":hover, :focus-within") || document.hidden;
  const timer = setInterval(() => {
    if (!isRead()) note.remove();
    if (!note.isConnected) clearInterval(timer);
  }, NOTE_MS);
}

document.addEventListener("htmx:load", () => { document.querySelectorAll("#notes [data-note]:not([data-passing])").forEach(passAway); });

// A link to what is folded away unfolds it.
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[href^='#']");
  const folded = link && document.getElementById(link.hash.slice(1))?.closest("details");
  if (folded) folded.open = true;
});

// So does a link to another page that leads to what is folded away there.
function unfold() {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  const folded = place && place.closest("details:not([open])");
  if (!folded) return;
  folded.open = true;
  place.scrollIntoView();
}

document.addEventListener("htmx:afterSettle", ({ detail }) => { if (detail.target === document.body) unfold(); });
unfold();

// New content ignores clicks for a moment, so that a double click does not hit what has just appeared under the pointer.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  target.classList?.add("fresh");
  setTimeout(() => target.classList?.remove("fresh"), FRESH_MS);
});

// A form that needs a confirmation has the question in data-confirm.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// A field with data-submit sends its form as soon as it changes.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Of a long text that is pasted into an empty field, such as a mail, the beginning is read first.
document.addEventListener("paste", ({ target }) => {
  if (target.matches?.("textarea") && !target.value) setTimeout(() => { target.scrollTop = 0; });
});

// What a part knows is filled into fields that are empty: nothing that was typed is lost.
function fill(part) {
  const said = Object.entries(JSON.parse(part.dataset.fills))
    .map(([id, text]) => [document.getElementById(id), text]).filter(([field, text]) => field && text);
  for (const [field, text] of said) {
    if (field.value) continue;
    field.value = text;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  part.hidden = said.every(([field, text]) => field.value === text);
}

document.addEventListener("htmx:load", ({ target }) => {
  [target, ...target.querySelectorAll("[data-fills]")].filter(({ dataset }) => dataset.fills).forEach(fill);
});

// What is wrong with a field is said below it. A note stays for what is not in the form.
function sayBelow(form, name, message) {
  const field = [...form.elements].find((one) => one.name === name && one.type !== "hidden");
  if (!field) return null;
  const text = document.createElement("div");
  text.className = "invalid-feedback d-block";
  text.id = `wrong-${name}`;
  text.setAttribute("role", "alert");
  text.textContent = message;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-errormessage", text.id);
  field.classList.add("is-invalid");
  (field.closest(".d-flex") ?? field).after(text);
  // What the page said of it before is not said twice.
  for (const before of form.querySelectorAll(`[data-said-before="${CSS.escape(name)}"]`)) before.hidden = true;
  field.closest("details")?.setAttribute("open", "");
  return field;
}

function sayWhatIsWrong(form, note) {
  const fields = Object.entries(JSON.parse(note.dataset.wrong)).map(([name, message]) => sayBelow(form, name, message));
  [...form.elements].find((one) => fields.includes(one))?.focus();
  if (fields.every(Boolean)) note.remove();
}

// What was wrong with a field is not so any more once it is changed, and the page says again what it said before.
function unmark(field) {
  field.form.querySelector(`[id="${CSS.escape(field.getAttribute("aria-errormessage") ?? "")}"]`)?.remove();
  field.classList.remove("is-invalid");
  for (const name of ["aria-invalid", "aria-errormessage"]) field.removeAttribute(name);
  for (const before of field.form.querySelectorAll(`[data-said-before="${CSS.escape(field.name)}"]`)) before.hidden = false;
}

document.addEventListener("submit", ({ target }) => {
  for (const field of target.querySelectorAll("[aria-invalid]")) unmark(field);
  for (const text of target.querySelectorAll(".invalid-feedback")) text.remove();
}, true);

document.addEventListener("input", ({ target }) => {
  if (!target.form) return;
  if (target.matches("[aria-invalid]")) unmark(target);
  // What is asked for goes by this field, so none of it is known to be missing any more.
  if (target.matches("[data-decides]")) target.form.querySelectorAll("[aria-invalid]").forEach(unmark);
});

document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
  const note = target.closest?.("#notes") && document.querySelector("#notes [data-wrong]");
  const form = detail.requestConfig?.triggeringEvent?.target.closest?.("form");
  if (note && form?.isConnected) sayWhatIsWrong(form, note);
});

function sayUnreachable() {
  const notes = document.getElementById("notes");
  notes.innerHTML = '<div class="alert alert-danger note" role="alert">The server cannot be reached. What you wrote is still here. Try again.'
    + '<button type="button" class="btn-close" data-dismiss aria-label="Dismiss"></button></div>';
}

// A live part shows by itself that it is not live.
function isLive(element) { return element.matches("[data-live], [data-polls]"); }

document.addEventListener("htmx:sendError", (event) => { if (!isLive(event.target)) sayUnreachable(); });

// Every answer of FlowPilot has a request id. An error without one comes from a proxy, and showing it would lose what the
// user wrote. An error must not replace a live part either.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status < 400 || (xhr.getResponseHeader("X-Request-ID") && !isLive(requestConfig.elt))) return;
  event.detail.shouldSwap = false;
  if (!isLive(requestConfig.elt)) sayUnreachable();
});

setInterval(tick, TICK_MS);
