// Somebody else saved the same draft: what differs is shown, and the person chooses. What is not chosen is one undo away.

import { read } from "../model/layout.js";
import { compare } from "../model/merge.js";
import { kindName } from "../drawing/view.js";

/** @typedef {import("../model/tree.js").Tree} Tree */

/** A node as the diagram of this tree names it. @param {Tree} tree @param {string} id */
const named = (tree, id) => `${read(tree).get(id)?.number}. ${kindName(tree.nodes[id].kind)}: ${tree.nodes[id].text}`;

/**
 * @param {HTMLDialogElement} dialog
 * @param {object} meeting
 * @param {Tree} meeting.base
 * @param {Tree} meeting.mine
 * @param {Tree} meeting.theirs
 * @param {string} meeting.said who saved, and when
 * @param {(chosen: Tree, other: Tree) => void} meeting.choose
 */
export function askWhich(dialog, { base, mine, theirs, said, choose }) {
  const found = compare(base, mine, theirs);
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-${name}]`));
  /** @param {string[]} ids @param {Tree} side @returns {string[]} */
  const listed = (ids, side) => ids.map((id) => {
    if (!id) return "Where the flow begins";
    return side.nodes[id] ? named(side, id) : `${named([base, theirs, mine].find(({ nodes }) => id in nodes) ?? base, id)} (removed)`;
  });
  part("who").textContent = said;
  for (const [name, ids, side] of /** @type {[string, string[], Tree][]} */ ([["theirs", found.theirs, theirs], ["mine", found.mine, mine]])) {
    part(name).replaceChildren(...listed(ids, side).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  }
  part("twice").hidden = !found.twice.length;
  part("twice").textContent = found.twice.length === 1 ? "One node was changed by both of you, so these cannot be combined." : `${found.twice.length} nodes were changed by both of you, so these cannot be combined.`;
  part("both").hidden = !found.both;
  let isChosen = false;
  dialog.onclick = ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const chosen = button && { both: found.both, theirs, mine }[button.value];
    if (!chosen) return;
    isChosen = true;
    dialog.close();
    choose(chosen, chosen === mine ? theirs : mine);
  };
  // Leaving without a choice would leave the edits unsaved. A second Esc closes a dialog even so.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => { if (!isChosen) dialog.showModal(); };
  dialog.showModal();
}
