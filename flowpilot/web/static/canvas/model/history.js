// Undo and redo. What is typed into one field within a moment is one edit.

const PAUSE_MS = 1200;

/**
 * @template T
 * @param {T} first the present state
 */
export function remember(first) {
  /** @type {T[]} */
  let past = [];
  /** @type {T[]} */
  let future = [];
  let present = first, key = "", at = 0;
  return {
    /** Go on to a new state. Edits with the same key, shortly after each other, are undone together. @param {T} state @param {string} [as] @param {number} [now] */
    push(state, as = "", now = Date.now()) {
      if (!as || as !== key || now - at > PAUSE_MS) past.push(present);
      [present, key, at, future] = [state, as, now, []];
    },
    /** Change what the present state remembers beside the edit. @param {T} state */
    amend(state) { present = state; },
    undo() { return past.length ? step(past, future) : null; },
    redo() { return future.length ? step(future, past) : null; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
  };

  /** @param {T[]} from @param {T[]} to */
  function step(from, to) {
    to.push(present);
    present = /** @type {T} */ (from.pop());
    key = "";
    return present;
  }
}
