// What a node offers, and where each choice or outcome leads.

import { addChoice, addNode, changeChoice, isEnd, KINDS, moveChoice, offered, offers, removeChoice } from "../model/tree.js";
import { kindName } from "../drawing/view.js";
import { fill, focusMoved, follow, keepFocus, name, placeOf } from "./rows.js";

/**
 * @typedef {import("../model/tree.js").Tree} Tree
 * @typedef {Map<string, import("../model/layout.js").Place>} Places
 */

/** @param {HTMLElement} root the part of the form @param {ReturnType<typeof import("../model/edits.js").editing>} work */
export function choices(root, work) {
  const list = /** @type {HTMLElement} */ (root.querySelector("[data-rows]"));
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("template"));
  const more = /** @type {HTMLButtonElement} */ (root.querySelector("[data-add]"));
  const at = () => String(work.selected);

  /** @param {Places} places */
  function show(places) {
    const node = work.tree.nodes[at()], all = offered(node), { one, word, all: title } = offers(node.kind);
    root.hidden = isEnd(node) && !all.length;
    /** @type {HTMLElement} */ (root.querySelector("[data-legend]")).textContent = `${title}, and where each leads`;
    /** @type {HTMLElement} */ (root.querySelector("[data-one]")).textContent = `Add ${one}`;
    follow(list, template, all, (row, choice, index) => {
      const [label, next] = /** @type {any} */ (row.querySelectorAll("input, select"));
      fill(label, choice.label);
      fillTargets(next, choice.next, work.tree, places);
      name(row, `${word} ${index + 1}`);
      const [up, down] = /** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll("[data-move]"));
      up.disabled = index === 0;
      down.disabled = index === all.length - 1;
    });
  }

  root.addEventListener("input", ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target), index = placeOf(input, ".canvas-choice");
    if (input.name === "next") lead(index, input.value);
    else work.edit(changeChoice(work.tree, at(), index, { label: input.value }), { key: `${at()} label ${index}` });
  });

  /** Let a choice lead to a node, or to a new one. @param {number} index @param {string} value */
  function lead(index, value) {
    const kind = value.startsWith("new:") ? value.slice(4) : null;
    const [grown, next] = kind ? addNode(work.tree, kind, offered(work.tree.nodes[at()])[index].label) : [work.tree, value];
    work.edit(changeChoice(grown, at(), index, { next }), { select: kind ? next : at() });
  }

  root.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    const index = placeOf(button, ".canvas-choice"), by = button.dataset.move;
    if (by) {
      work.edit(moveChoice(work.tree, at(), index, Number(by)));
      focusMoved(list.children[index + Number(by)], by);
    } else if (button === more) {
      work.edit(addChoice(work.tree, at(), ""));
      list.lastElementChild?.querySelector("input")?.select();
    } else {
      work.edit(removeChoice(work.tree, at(), index));
      keepFocus(more);
    }
  });

  return { show };
}

/** @param {HTMLSelectElement} select @param {string} next @param {Tree} tree @param {Places} places */
function fillTargets(select, next, tree, places) {
  const none = next in tree.nodes ? [] : [new Option(next ? `${next} (missing)` : "Choose …", next, false, true)];
  const there = Object.assign(document.createElement("optgroup"), { label: "Existing node" });
  for (const [id, { number }] of places) there.append(new Option(`${number}. ${shortened(tree.nodes[id].text)}`, id, false, id === next));
  const fresh = Object.assign(document.createElement("optgroup"), { label: "New node" });
  fresh.append(...KINDS.map((kind) => new Option(`New ${kindName(kind).toLowerCase()}`, `new:${kind}`)));
  select.replaceChildren(...none, there, fresh);
}

/** @param {string} text */
const shortened = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
