// What somebody is writing in: nothing that renews itself may take it away.

const FIELDS = "input:not([type=hidden], [type=submit], [type=button]), textarea, select";

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected && option.index > 0);
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue || "unsent" in field.dataset;
}

// Whether something stands there that was not there before: a cursor alone says nothing yet.
export function hasWords(part) {
  return [...part.querySelectorAll(FIELDS)].some(isChanged);
}

export function isWrittenIn(part) {
  return [...part.querySelectorAll(FIELDS)].some((field) => field === document.activeElement || isChanged(field));
}
