// Rows of a form that follow a list. A row stays in its place while somebody types into it.

/**
 * As many rows as there are things.
 * @template T
 * @param {HTMLElement} list @param {HTMLTemplateElement} template @param {T[]} things
 * @param {(row: HTMLElement, thing: T, index: number) => void} fillRow
 */
export function follow(list, template, things, fillRow) {
  while (list.children.length > things.length) list.lastElementChild?.remove();
  things.forEach((thing, index) => {
    const row = list.children[index] ?? list.appendChild(/** @type {HTMLElement} */ (template.content.firstElementChild).cloneNode(true));
    fillRow(/** @type {HTMLElement} */ (row), thing, index);
  });
}

/** Put a value into a field, but not under the hands of somebody who types it. @param {HTMLInputElement | HTMLTextAreaElement} field @param {string} value */
export function fill(field, value) {
  if (field.value !== value) field.value = value;
}

/** Name the fields and buttons of a row after what it is: "Move up" becomes "Move up choice 2". @param {HTMLElement} row @param {string} what */
export function name(row, what) {
  for (const one of row.querySelectorAll("[data-name]")) one.setAttribute("aria-label", `${/** @type {HTMLElement} */ (one).dataset.name} ${what}`);
}

/** The place of an element's row among the others. @param {Element} inside @param {string} selector */
export function placeOf(inside, selector) {
  const row = inside.closest(selector);
  return row ? [...(row.parentElement?.children ?? [])].indexOf(row) : -1;
}

/** The focus goes along with what was moved: to the same button there, or to the other if that one has nothing to do. @param {Element | null | undefined} row @param {string} way */
export function focusMoved(row, way) {
  const [same, other] = [row?.querySelector(`[data-move="${way}"]`), row?.querySelector(`[data-move="${-Number(way)}"]`)];
  const target = /** @type {HTMLButtonElement} */ (same);
  (target?.disabled ? /** @type {HTMLElement} */ (other) : target)?.focus();
}

/** The focus stays in the form if what had it was removed. @param {HTMLElement} next */
export function keepFocus(next) {
  if (document.activeElement === document.body) next.focus();
}
