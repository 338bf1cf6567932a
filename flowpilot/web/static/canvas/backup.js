// Edits that the server does not have yet are kept in this browser, so that a crash loses none.

/** @typedef {{tree: import("./tree.js").Tree, base: import("./tree.js").Tree, based_on: string, at: string}} Backup */

/** @param {string} flowId @param {string} userId */
export function backupOf(flowId, userId) {
  const name = `flowpilot-draft ${userId} ${flowId}`;
  return {
    /** @param {Backup} edits */
    keep(edits) {
      // Storage may be full or forbidden; the server gets the edits in a moment all the same.
      try { localStorage.setItem(name, JSON.stringify(edits)); } catch { /* nothing to keep them in */ }
    },
    clear() { localStorage.removeItem(name); },
    /** @returns {Backup | null} */
    read() {
      try { return JSON.parse(localStorage.getItem(name) ?? "null"); } catch { return null; }
    },
  };
}
