// A file that is dropped on a form with data-drop becomes its file, as if it had been chosen.

const zone = (event) => event.target.closest?.("[data-drop]");

document.addEventListener("dragover", (event) => {
  const form = zone(event);
  if (!form || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.dataset.over = "";
});

document.addEventListener("dragleave", (event) => {
  const form = zone(event);
  if (form && !form.contains(event.relatedTarget)) delete form.dataset.over;
});

document.addEventListener("drop", (event) => {
  const form = zone(event);
  if (!form || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  delete form.dataset.over;
  const field = form.querySelector("input[type=file]");
  field.files = event.dataTransfer.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
});
