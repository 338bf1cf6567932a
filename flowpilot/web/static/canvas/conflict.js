// Somebody else saved the same draft: what differs is shown, and the person chooses. What is not chosen is one undo away.

import { compare } from "./merge.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
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
  /** @param {string[]} ids */
  const listed = (ids) => ids.map((id) => (id ? (theirs.nodes[id] ?? mine.nodes[id] ?? base.nodes[id])?.text ?? id : "Where the flow begins"));
  part("who").textContent = said;
  for (const [name, ids] of /** @type {[string, string[]][]} */ ([["theirs", found.theirs], ["mine", found.mine]])) {
    part(name).replaceChildren(...listed(ids).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  }
  part("twice").hidden = !found.twice.length;
  part("twice").textContent = `Changed by both: ${listed(found.twice).join(" · ")}`;
  part("both").hidden = !found.both;
  dialog.onclick = ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const chosen = button && { both: found.both, theirs, mine }[button.value];
    if (!chosen) return;
    dialog.close();
    choose(chosen, chosen === mine ? theirs : mine);
  };
  // Leaving without a choice would leave the edits unsaved.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
}
