// The fields that a node asks to be filled in.

import { addField, changeField, choicesIn, FIELD_KINDS, fieldsOf, MOST_FIELDS, moveField, removeField, renameField } from "../model/fields.js";
import { fill, focusMoved, follow, keepFocus, name, placeOf } from "./rows.js";

/** @typedef {import("../model/tree.js").Field} Field */

/** @param {HTMLDetailsElement} root the part of the form @param {ReturnType<typeof import("../model/edits.js").editing>} work */
export function fields(root, work) {
  const list = /** @type {HTMLElement} */ (root.querySelector("[data-rows]"));
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("template"));
  const more = /** @type {HTMLButtonElement} */ (root.querySelector("[data-add]"));
  const at = () => String(work.selected);
  /** @type {string | null} */
  let shown = null;

  function show() {
    const all = fieldsOf(work.tree, at());
    // A person may fold it; at the next node it is open again if there is something in it.
    if (shown !== work.selected) root.open = all.length > 0;
    shown = work.selected;
    more.disabled = all.length >= MOST_FIELDS;
    follow(list, template, all, (row, field, index) => showField(row, field, index, all.length));
  }

  /** @param {HTMLElement} row @param {Field} field @param {number} index @param {number} n */
  function showField(row, field, index, n) {
    /** @param {string} one */
    const part = (one) => /** @type {HTMLInputElement} */ (row.querySelector(`[name="${one}"]`));
    const kind = field.kind ?? "text", choices = field.choices ?? [];
    fill(part("label"), field.label);
    fill(part("field-name"), field.name);
    fill(part("help"), field.help ?? "");
    part("required").checked = Boolean(field.required);
    fillKinds(/** @type {any} */ (part("kind")), kind);
    // Choices that say the same stay as they are typed: the last line may still be empty.
    const lines = part("choices");
    if (choicesIn(lines.value).join("\n") !== choices.join("\n")) lines.value = choices.join("\n");
    /** @type {HTMLElement} */ (lines.closest("label")).hidden = kind !== "choice" && !choices.length;
    name(row, `field ${index + 1}`);
    const [up, down] = /** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll("[data-move]"));
    [up.disabled, down.disabled] = [index === 0, index === n - 1];
  }

  root.addEventListener("input", ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target), index = placeOf(input, ".canvas-field");
    const key = `${at()} field ${index} ${input.name}`;
    /** @param {Partial<Field>} change @param {string} [typed] */
    const change = (change, typed = "") => work.edit(changeField(work.tree, at(), index, change), { key: typed });
    if (input.name === "required") change({ required: input.checked });
    else if (input.name === "kind") change({ kind: input.value });
    else if (input.name === "choices") change({ choices: choicesIn(input.value) }, key);
    else if (input.name !== "field-name") change({ [input.name]: input.value }, key);
  });

  // A name is complete when the field is left: the texts that use it are changed then, and not at every letter.
  root.addEventListener("change", ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target), index = placeOf(input, ".canvas-field");
    if (input.name === "field-name") work.edit(renameField(work.tree, at(), index, input.value.trim()));
  });

  root.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    const index = placeOf(button, ".canvas-field"), by = button.dataset.move;
    if (by) {
      work.edit(moveField(work.tree, at(), index, Number(by)));
      focusMoved(list.children[index + Number(by)], by);
    } else if (button === more) {
      work.edit(addField(work.tree, at()));
      list.lastElementChild?.querySelector("input")?.select();
    } else {
      work.edit(removeField(work.tree, at(), index));
      keepFocus(more);
    }
  });

  return { show };
}

/** @param {HTMLSelectElement} select @param {string} kind */
function fillKinds(select, kind) {
  const kinds = Object.entries({ [kind]: kind, ...FIELD_KINDS });
  select.replaceChildren(...kinds.map(([one, words]) => new Option(words, one, false, one === kind)));
}
