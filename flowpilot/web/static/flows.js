// The canvas is loaded only where it is shown.

let closeCanvas = () => {};

document.addEventListener("htmx:load", async () => {
  const root = document.querySelector("[data-canvas]:not([data-opened])");
  if (!root) return;
  closeCanvas();
  root.dataset.opened = "";
  const { open } = await import(root.dataset.canvas);
  closeCanvas = open(root);
});

// The flow editor asks before the user leaves unsaved changes behind.

const unsaved = () => document.querySelector(".flow-editor form[data-unsaved]");
const mayLeave = () => confirm("Leave without saving your changes?");

function hold(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.closest(".flow-editor")) form.dataset.unsaved = "";
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && unsaved() && !mayLeave()) hold(event);
}, true);

document.addEventListener("submit", (event) => {
  const form = unsaved();
  if (form && form !== event.target && !mayLeave()) hold(event);
}, true);

addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});
