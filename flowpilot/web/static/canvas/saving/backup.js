// Edits that the server does not have yet are kept in this browser, so that a crash loses none. What an earlier visit left
// is put aside first, where the edits of this visit do not overwrite it.

/** @typedef {{tree: import("../model/tree.js").Tree, base: import("../model/tree.js").Tree, based_on: string, at: string}} Backup */

/** @param {string} flowId @param {string} userId */
export function backupOf(flowId, userId) {
  const name = `flowpilot-draft ${userId} ${flowId}`, aside = `${name} left`;
  /** @param {string} key @returns {any} */
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key) ?? "null"); } catch { return null; } };
  // Storage may be full or forbidden; the server gets the edits in a moment all the same.
  const write = (/** @type {string} */ key, /** @type {unknown} */ value) => { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } };
  return {
    /** @param {Backup} edits */
    keep(edits) { write(name, edits); },
    clear() { localStorage.removeItem(name); },
    /** What earlier visits left, the newest first. @returns {Backup[]} */
    left() {
      const newest = read(name), earlier = read(aside) ?? [];
      if (newest && write(aside, [newest, ...earlier])) localStorage.removeItem(name);
      return newest ? [newest, ...earlier] : earlier;
    },
    /** Forget what earlier visits left, but for these. @param {Backup[]} others */
    leave(others) {
      if (others.length) write(aside, others);
      else localStorage.removeItem(aside);
    },
  };
}
