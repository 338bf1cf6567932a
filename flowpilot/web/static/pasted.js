// A browser cuts a text that does not fit into a field, without a word. It is said at the field, with what to do.

const number = (n) => n.toLocaleString("en");

function said(field) {
  const next = field.nextElementSibling;
  return next?.matches("[data-cut]") ? next : null;
}

function say(field, missing) {
  const words = said(field) ?? document.createElement("p");
  words.className = "invalid-feedback d-block mb-2";
  words.dataset.cut = "";
  words.setAttribute("role", "alert");
  words.textContent = `The end is missing: ${number(missing)} more characters than the ${number(field.maxLength)} that fit here.`
    + (field.matches("textarea") ? " Paste less, or attach the whole text as a file." : " Paste less.");
  field.after(words);
}

document.addEventListener("paste", ({ target, clipboardData }) => {
  if (!target.matches?.("textarea, input") || !(target.maxLength > 0)) return;
  const pasted = clipboardData?.getData("text/plain").replaceAll("\r\n", "\n") ?? "";
  const room = target.maxLength - target.value.length + (target.selectionEnd - target.selectionStart);
  if (pasted.length > room) say(target, pasted.length - room);
  else said(target)?.remove();
});
// Whoever shortens it has read it.
document.addEventListener("input", ({ target }) => { if (target.value.length < target.maxLength) said(target)?.remove(); });
