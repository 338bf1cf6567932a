// The items of a checklist, in their sections.

import {
  addItem, addSection, changeItem, changeSection, MOST_ITEMS, MOST_SECTIONS, moveItem, moveSection, placeAfterMove, removeItem, removeSection,
  sectionsOf,
} from "../model/checklist.js";
import { fill, focusMoved, follow, keepFocus, name, placeOf } from "./rows.js";

/** @typedef {import("../model/tree.js").Section} Section */

/** @param {HTMLElement} root the part of the form @param {ReturnType<typeof import("../model/edits.js").editing>} work */
export function items(root, work) {
  const list = /** @type {HTMLElement} */ (root.querySelector("[data-sections]"));
  const [sectionTemplate, itemTemplate] = /** @type {NodeListOf<HTMLTemplateElement>} */ (root.querySelectorAll("template"));
  const more = /** @type {HTMLButtonElement} */ (root.querySelector("[data-add-section]"));
  const at = () => String(work.selected);

  function show() {
    const { kind } = work.tree.nodes[at()], sections = sectionsOf(work.tree, at());
    root.hidden = kind !== "checklist" && !sections.length;
    more.disabled = sections.length >= MOST_SECTIONS;
    /** @type {HTMLElement} */ (more.querySelector("span")).textContent = sections.length ? "Add a section" : "Add an item";
    follow(list, sectionTemplate, sections, (row, section, index) => showSection(row, section, index, sections.length));
  }

  /** @param {HTMLElement} row @param {Section} section @param {number} index @param {number} n */
  function showSection(row, { title, items: all = [] }, index, n) {
    const head = /** @type {HTMLElement} */ (row.querySelector(".canvas-section-head"));
    fill(/** @type {HTMLInputElement} */ (head.querySelector("input")), title);
    name(head, `section ${index + 1}`);
    const [up, down] = /** @type {NodeListOf<HTMLButtonElement>} */ (head.querySelectorAll("[data-move]"));
    [up.disabled, down.disabled] = [index === 0, index === n - 1];
    const add = /** @type {HTMLButtonElement} */ (row.querySelector("[data-add-item]"));
    add.disabled = all.length >= MOST_ITEMS;
    add.setAttribute("aria-label", `Add an item to “${title}”`);
    follow(/** @type {HTMLElement} */ (row.querySelector("[data-items]")), itemTemplate, all, (one, item, place) => {
      const [text, help] = one.querySelectorAll("textarea");
      fill(text, item.text);
      fill(help, item.help ?? "");
      /** @type {HTMLInputElement} */ (one.querySelector("[name=required]")).checked = Boolean(item.required);
      name(one, `item ${place + 1} of “${title}”`);
      for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (one.querySelectorAll("[data-move]"))) {
        button.disabled = !placeAfterMove(work.tree, at(), index, place, Number(button.dataset.move));
      }
    });
  }

  /** The row of an item. @param {number} section @param {number} index */
  const itemRow = (section, index) => list.children[section]?.querySelector("[data-items]")?.children[index];

  root.addEventListener("input", ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const section = placeOf(input, ".canvas-section"), index = placeOf(input, ".canvas-item");
    const key = `${at()} ${section} ${index} ${input.name}`;
    if (input.name === "title") work.edit(changeSection(work.tree, at(), section, { title: input.value }), { key });
    else if (input.name === "required") work.edit(changeItem(work.tree, at(), section, index, { required: input.checked }));
    else work.edit(changeItem(work.tree, at(), section, index, { [input.name]: input.value }), { key });
  });

  root.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    const section = placeOf(button, ".canvas-section"), index = placeOf(button, ".canvas-item"), by = button.dataset.move;
    if (by && index >= 0) {
      const to = placeAfterMove(work.tree, at(), section, index, Number(by));
      work.edit(moveItem(work.tree, at(), section, index, Number(by)));
      if (to) focusMoved(itemRow(to.section, to.index), by);
    } else if (by) {
      work.edit(moveSection(work.tree, at(), section, Number(by)));
      focusMoved(list.children[section + Number(by)], by);
    } else if ("addItem" in button.dataset) {
      work.edit(addItem(work.tree, at(), section));
      list.children[section].querySelector("[data-items]")?.lastElementChild?.querySelector("textarea")?.select();
    } else if (button === more) {
      work.edit(addSection(work.tree, at()));
      const row = list.lastElementChild;
      (list.children.length > 1 ? row?.querySelector("input") : row?.querySelector("textarea"))?.select();
    } else {
      work.edit(index >= 0 ? removeItem(work.tree, at(), section, index) : removeSection(work.tree, at(), section));
      keepFocus(more);
    }
  });

  return { show };
}
