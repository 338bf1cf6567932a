// Screenshots and files: pasted, dropped or chosen, uploaded at once, and named by the form when it is sent.
// Without this script, the field is a plain one, and the form carries the files itself.

import { node } from "./element.js";
import { renamed } from "./naming.js";
import { pastedFiles } from "./pasting.js";
import { shrunk } from "./pictures.js";
import { send } from "./sending.js";

const FIELD = "[data-files]";

const pending = new WeakMap(); // How many uploads of a form are under way.
const waiting = new WeakMap(); // The button with which a form was sent whose files are under way.

// A field is as long as its files; a note may be files alone.
function settle(field) {
  const list = field.querySelector(".files-chosen");
  list.hidden = !list.children.length;
  const has = Boolean(list.querySelector('[name="attachments"]'));
  for (const text of field.closest("form").querySelectorAll('[name="free_text"]')) text.required = !has;
}

function count(form, by) {
  pending.set(form, (pending.get(form) ?? 0) + by);
}

function forTicket(made) {
  const box = node("input", { type: "checkbox", className: "form-check-input", checked: true });
  box.addEventListener("change", () => fetch(made.url, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ goes_to_ticket: box.checked }),
  }).then((answer) => { if (!answer.ok) box.checked = !box.checked; }, () => { box.checked = !box.checked; }));
  return node("label", { className: "form-check mb-0" }, box, node("span", { className: "form-check-label", textContent: "To the ticket" }));
}

function showUploaded(field, item, made, chosen) {
  item.querySelector("progress").replaceWith(node("input", { type: "hidden", name: "attachments", value: made.id }));
  item.querySelector(".name").textContent = made.name;
  if (made.thumbnail_url) item.prepend(node("img", { src: made.thumbnail_url, alt: "" }));
  const note = renamed(chosen, made.name);
  if (note) item.append(node("small", { className: "form-hint", textContent: note }));
  if (field.dataset.forTicket) item.querySelector("button").before(forTicket(made));
}

async function add(field, file) {
  const form = field.closest("form");
  const list = field.querySelector(".files-chosen");
  const progress = node("progress", { max: 1, value: 0, ariaLabel: `Sending ${file.name}` });
  const remove = node("button", { type: "button", className: "btn btn-sm", textContent: "Remove", ariaLabel: `Remove ${file.name}` });
  const item = node("li", {}, node("span", { className: "name", textContent: file.name }), progress, remove);
  list.append(item);
  settle(field);
  let made = null;
  let upload = null;
  remove.addEventListener("click", () => {
    upload?.stop();
    if (made) fetch(made.url, { method: "DELETE" });
    item.remove();
    settle(field);
    field.querySelector('input[type="file"]').focus();
  });
  count(form, 1);
  try {
    const small = await shrunk(file);
    if (!item.isConnected) return;
    upload = send(small, (share) => { progress.value = share; });
    made = await upload.answered;
    showUploaded(field, item, made, file.name);
  } catch (error) {
    progress.remove();
    if (error.message) item.append(node("div", { className: "invalid-feedback d-block", role: "alert", textContent: error.message }));
  } finally {
    count(form, -1);
    settle(field);
    if (!pending.get(form)) form.dispatchEvent(new Event("files:sent"));
  }
}

function addAll(field, files) {
  const room = field.dataset.most - field.querySelectorAll(".files-chosen > li").length;
  [...files].slice(0, room).forEach((file) => add(field, file));
  if (files.length > room) {
    field.querySelector(".files-chosen").append(node("li", {}, node("div", { className: "invalid-feedback d-block", role: "alert", textContent: field.dataset.tooMany })));
    settle(field);
  }
}

// The field of the form in which somebody is, or the last of the page, which is that of a note.
function fieldFor(target) {
  return target.closest?.("form")?.querySelector(FIELD) ?? [...document.querySelectorAll(FIELD)].at(-1);
}

document.addEventListener("change", ({ target }) => {
  const field = target.matches('input[type="file"]') && target.closest(FIELD);
  if (!field) return;
  addAll(field, target.files);
  target.value = "";
});

document.addEventListener("paste", (event) => {
  const field = fieldFor(event.target);
  const files = field ? pastedFiles(event.clipboardData, field.dataset.zone) : [];
  if (!files.length) return;
  event.preventDefault();
  addAll(field, files);
});

document.addEventListener("dragover", (event) => {
  const field = event.dataTransfer?.types.includes("Files") && fieldFor(event.target);
  if (!field) return;
  event.preventDefault();
  for (const other of document.querySelectorAll(FIELD)) other.classList.toggle("drop", other === field);
});

for (const over of ["dragleave", "drop", "dragend"]) {
  document.addEventListener(over, (event) => {
    if (over !== "dragleave" || !event.relatedTarget) document.querySelectorAll(FIELD).forEach((one) => one.classList.remove("drop"));
  });
}

document.addEventListener("drop", (event) => {
  const files = event.dataTransfer?.files;
  const field = files?.length && fieldFor(event.target);
  if (!field) return;
  event.preventDefault();
  addAll(field, files);
});

function sendWaiting(form) {
  const submitter = waiting.get(form);
  waiting.delete(form);
  if (form.isConnected && !form.querySelector(".files-chosen [role=alert]")) form.requestSubmit(submitter);
}

// A form that is sent while its files are under way waits for them; pressed twice, it is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!pending.get(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const isFirst = !waiting.has(form);
  waiting.set(form, event.submitter);
  if (isFirst) form.addEventListener("files:sent", () => sendWaiting(form), { once: true });
}, true);

function enhance(root) {
  for (const one of root.querySelectorAll(`${FIELD} [data-with-scripts]`)) one.hidden = false;
  for (const one of root.querySelectorAll(`${FIELD} [data-without-scripts]`)) one.hidden = true;
}

enhance(document);
document.addEventListener("htmx:load", ({ target }) => enhance(target));
