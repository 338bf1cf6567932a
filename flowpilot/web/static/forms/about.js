// What a form is about, beside its address: the step that it stands at, and the suggestion that it answers. The same form
// about something else is another form.

/** @param {HTMLElement} part a form, or something in one @returns {string} */
export function aboutOf(part) {
  const suggestion = part.closest("form")?.querySelector('input[type="hidden"][name="action"]');
  return [part.closest("[data-holds]")?.dataset.holds ?? "", suggestion?.value ?? ""].join(" ");
}
