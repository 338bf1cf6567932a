// What the page says of the draft: who saved it when, and what is not saved. Pure.

/** @typedef {import("../saving/saver.js").Edition} Edition */

const HALF_A_DAY_MS = 43_200_000;

/** How a time is written: "12:03", with its day if that is not today. @param {string} zone @param {() => number} [now] */
export function clock(zone, now = Date.now) {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: zone });
  return (/** @type {string} */ at) => {
    const date = new Date(at), isNear = now() - date.getTime() < HALF_A_DAY_MS;
    return isNear ? time.format(date) : `${day.format(date)}, ${time.format(date)}`;
  };
}

/**
 * The line about the draft.
 * @param {import("../saving/saver.js").Word} word
 * @param {{edition: Edition, me: string, number: number | undefined, when: (at: string) => string}} facts `number`: that of the node it is about
 */
export function stateOf({ state, why = "" }, { edition: { at, by, isDraft }, me, number, when }) {
  const last = isDraft ? `Saved ${when(at)}, last edited by ${by === me ? "you" : by}` : "No draft yet: your first change begins one";
  const words = {
    saved: last, saving: "Saving …", edited: "Edited", conflict: `Not saved: ${why} saved this draft, too`,
    held: `Not saved yet: node ${number} ${why}. It is kept in this browser`,
    failed: `Not saved: ${why} Your changes are kept in this browser, and sent again`,
  };
  return `${words[state]}.`;
}

/** @param {number} n */
export const problemCount = (n) => `${n} ${n === 1 ? "problem" : "problems"}`;
