// Two trees were made from the same one: by two people, or in this browser before it closed. The person chooses.

import { askWhich } from "./conflict.js";

/** @typedef {import("../model/tree.js").Tree} Tree */

/**
 * @param {import("../main.js").Page} page
 * @param {ReturnType<typeof import("../model/edits.js").editing>} work
 * @param {ReturnType<typeof import("./backup.js").backupOf>} backup
 * @param {() => ReturnType<typeof import("./saver.js").saver>} saving
 * @param {{show: () => void, announce: (words: string) => void}} shown
 */
export function meeting({ part, given, when }, work, backup, saving, { show, announce }) {
  return {
    /** Somebody else has saved since. @param {import("./saver.js").Theirs} theirs @param {Tree} base */
    ask(theirs, base) {
      const { by, at } = theirs.edition;
      const who = by === given.me ? "You saved this draft in another window" : `${by} saved this draft`;
      askWhich(part("conflict"), {
        base, mine: work.tree, theirs: theirs.tree, said: `${who} at ${when(at)}, after you had opened it.`,
        choose(chosen, other) {
          work.choose(chosen, other);
          saving().settleConflict(theirs, chosen);
          show();
          announce("Undo brings the other version back.");
        },
      });
    },

    /** Bring back edits that never reached the server. What was typed in this visit is saved first, so neither is lost. @param {import("./backup.js").Backup} left */
    async restore(left) {
      if (!(await saving().save())) return false;
      backup.keep(left);
      const { edition } = saving();
      if (left.based_on === edition.id) {
        work.edit(left.tree, { select: left.tree.root });
        return true;
      }
      const theirs = { edition, tree: work.tree, facts: given.facts };
      work.replace(left.tree);
      show();
      saving().conflict(theirs, left.tree, left.base);
      return true;
    },
  };
}
