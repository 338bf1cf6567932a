import { node } from "./element.js";

// A picture opens over the page. Without this, the link opens it alone.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-picture]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
  event.preventDefault();
  const name = link.querySelector("img").alt || link.textContent.trim();
  const picture = node("img", { src: link.href, alt: name });
  const close = node("button", { className: "btn", textContent: "Close", autofocus: true });
  const bar = node("form", { method: "dialog" }, node("span", { className: "wrap", textContent: name }), close);
  const dialog = node("dialog", { className: "picture", ariaLabel: name }, picture, bar);
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  dialog.showModal();
});
