// Edits of earlier visits that never reached the server are offered, the newest first.

import { isSame } from "../model/tree.js";

/** @typedef {import("./backup.js").Backup} Backup */

/**
 * @param {object} page
 * @param {(name: string) => any} page.part
 * @param {ReturnType<typeof import("./backup.js").backupOf>} page.backup
 * @param {import("../model/tree.js").Tree} page.tree what the server has
 * @param {(at: string) => string} page.when
 * @param {(left: Backup) => Promise<boolean>} page.restore whether they are on the canvas now
 */
export function offerLeftovers({ part, backup, tree, when, restore }) {
  const left = backup.left().filter((edits) => !isSame(edits.tree, tree));
  backup.leave(left);
  offer(left);

  /** @param {Backup[]} all */
  function offer([newest, ...others]) {
    part("left").hidden = !newest;
    if (!newest) return;
    part("left-at").textContent = when(newest.at);
    const done = () => {
      backup.leave(others);
      offer(others);
    };
    part("discard").onclick = done;
    part("restore").onclick = async () => { if (await restore(newest)) done(); };
  }
}
