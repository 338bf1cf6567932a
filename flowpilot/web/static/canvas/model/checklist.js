// The sections of a checklist and their items, and what can be done to them. Pure: each edit returns a new tree.

import { changeNode, free, moved } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {import("./tree.js").Section} Section
 * @typedef {import("./tree.js").Item} Item
 */

export const MOST_SECTIONS = 30, MOST_ITEMS = 60;

/** @param {Tree} tree @param {string} id @returns {Section[]} */
export const sectionsOf = (tree, id) => tree.nodes[id].sections ?? [];

/** @param {Tree} tree @param {string} id @param {number} section @returns {Item[]} */
const itemsOf = (tree, id, section) => sectionsOf(tree, id)[section].items ?? [];

/** @param {Tree} tree @param {string} id @param {number} section @param {Partial<Section>} change */
export function changeSection(tree, id, section, change) {
  return changeNode(tree, id, { sections: sectionsOf(tree, id).map((one, at) => (at === section ? { ...one, ...change } : one)) });
}

/** Add a section with an item: the first is called as it is in the list. @param {Tree} tree @param {string} id */
export function addSection(tree, id) {
  const sections = sectionsOf(tree, id);
  const title = sections.length ? free("More to do", " ", new Set(sections.map((one) => one.title))) : "To do";
  return addItem(changeNode(tree, id, { sections: [...sections, { title, items: [] }] }), id, sections.length);
}

/** Remove a section with its items. @param {Tree} tree @param {string} id @param {number} section */
export function removeSection(tree, id, section) {
  return changeNode(tree, id, { sections: sectionsOf(tree, id).toSpliced(section, 1) });
}

/** @param {Tree} tree @param {string} id @param {number} section @param {number} by */
export function moveSection(tree, id, section, by) {
  return changeNode(tree, id, { sections: moved(sectionsOf(tree, id), section, by) });
}

/** @param {Tree} tree @param {string} id @param {number} section */
export function addItem(tree, id, section) {
  const all = sectionsOf(tree, id).flatMap(({ items = [] }) => items);
  const item = { id: free("item", "-", new Set(all.map((one) => one.id))), text: `Item ${all.length + 1}` };
  return changeSection(tree, id, section, { items: [...itemsOf(tree, id, section), item] });
}

/** @param {Tree} tree @param {string} id @param {number} section @param {number} index @param {Partial<Item>} change */
export function changeItem(tree, id, section, index, change) {
  return changeSection(tree, id, section, { items: itemsOf(tree, id, section).map((item, at) => (at === index ? { ...item, ...change } : item)) });
}

/** @param {Tree} tree @param {string} id @param {number} section @param {number} index */
export function removeItem(tree, id, section, index) {
  return changeSection(tree, id, section, { items: itemsOf(tree, id, section).toSpliced(index, 1) });
}

/** Where an item goes if it is moved by one: from the end of a section it goes into the next; null if there is no place. @param {Tree} tree @param {string} id @param {number} section @param {number} index @param {number} by */
export function placeAfterMove(tree, id, section, index, by) {
  const sections = sectionsOf(tree, id), to = index + by;
  if (to >= 0 && to < itemsOf(tree, id, section).length) return { section, index: to };
  const other = section + by;
  if (!sections[other] || itemsOf(tree, id, other).length >= MOST_ITEMS) return null;
  return { section: other, index: by < 0 ? itemsOf(tree, id, other).length : 0 };
}

/** Move an item up (-1) or down (1), through all sections. @param {Tree} tree @param {string} id @param {number} section @param {number} index @param {number} by */
export function moveItem(tree, id, section, index, by) {
  const to = placeAfterMove(tree, id, section, index, by);
  if (!to) return tree;
  const item = itemsOf(tree, id, section)[index], without = removeItem(tree, id, section, index);
  return changeSection(without, id, to.section, { items: itemsOf(without, id, to.section).toSpliced(to.index, 0, item) });
}
