// Saves the draft as one types, over the API's own route. What it cannot save, it keeps and tries again.

import { isSame, unstorable } from "../model/tree.js";

/**
 * @typedef {import("../model/tree.js").Tree} Tree
 * @typedef {{id: string, at: string, by: string, isDraft: boolean}} Edition the version that the server has
 * @typedef {{node: string | null, message: string}} Problem
 * @typedef {{name: string, category: string | null, type: string, description: string, keywords: string[]}} Facts
 * @typedef {{edition: Edition, tree: Tree, facts: Facts}} Theirs what somebody else saved
 * @typedef {{state: "saved" | "saving" | "edited" | "held" | "failed" | "conflict", why?: string, node?: string}} Word
 */

const PAUSE_MS = 1000, LONGEST_WAIT_MS = 30_000;
// Browsers finish larger requests only while the page is open.
const MOST_BYTES_AT_LEAVING = 60_000;

/**
 * @param {object} start
 * @param {string} start.url the flow in the API
 * @param {string} start.me
 * @param {Facts} start.facts what is saved beside the tree
 * @param {Edition} start.edition
 * @param {Tree} start.tree the tree of that edition
 * @param {ReturnType<typeof import("./backup.js").backupOf>} start.backup
 * @param {(word: Word) => void} start.say
 * @param {(problems: Problem[]) => void} start.onSaved
 * @param {(theirs: Theirs, base: Tree) => void} start.onConflict
 */
export function saver({ url, me, facts, edition, tree, backup, say, onSaved, onConflict }) {
  let saved = tree, wanted = tree, failures = 0, inConflict = false;
  const stopped = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<boolean> | null} */
  let running = null;

  const isDirty = () => wanted !== saved;

  /** @param {Tree} edited */
  function edit(edited) {
    wanted = edited;
    if (wanted === saved) backup.clear();
    else backup.keep({ tree: wanted, base: saved, based_on: edition.id, at: new Date().toISOString() });
    if (inConflict) return;
    if (!running) say({ state: isDirty() ? "edited" : "saved" });
    later(PAUSE_MS);
  }

  /** @param {number} wait */
  function later(wait) {
    clearTimeout(timer);
    if (!stopped.signal.aborted) timer = setTimeout(save, wait);
  }

  /** Save now. Whether the server has everything then. @returns {Promise<boolean>} */
  async function save() {
    clearTimeout(timer);
    while (running) await running;
    if (!isDirty()) return true;
    if (inConflict || stopped.signal.aborted) return false;
    const fault = unstorable(wanted);
    if (fault) {
      say({ state: "held", why: fault.why, node: fault.id });
      return false;
    }
    running = send(wanted).finally(() => { running = null; });
    const done = await running;
    return done && isDirty() ? save() : done;
  }

  /** @param {Tree} sent */
  async function send(sent) {
    say({ state: "saving" });
    /** @type {Response} */
    let answer;
    try {
      answer = await put(sent);
    } catch {
      return again("The server cannot be reached.");
    }
    if (answer.ok) {
      const draft = await answer.json();
      settle({ id: draft.id, at: draft.created_at, by: me, isDraft: true }, sent);
      onSaved(draft.problems);
      return true;
    }
    const refusal = await answer.json().catch(() => ({}));
    if (answer.status === 409 && String(refusal.type).endsWith("flow-changed")) return meet(sent);
    if (answer.status === 401) return again("You are signed out. Sign in again in another window.");
    return again(refusal.detail ?? "The server answered with an error.");
  }

  /** @param {Tree} sent @param {boolean} [isLeaving] */
  function put(sent, isLeaving = false) {
    const body = JSON.stringify({ ...facts, tree: sent, based_on: edition.id });
    const keepalive = isLeaving && body.length < MOST_BYTES_AT_LEAVING;
    return fetch(`${url}/draft`, { method: "PUT", headers: { "Content-Type": "application/json" }, body, keepalive });
  }

  /** @param {Edition} newest @param {Tree} has what it holds */
  function settle(newest, has) {
    [edition, saved, failures] = [newest, has, 0];
    if (isDirty()) backup.keep({ tree: wanted, base: saved, based_on: edition.id, at: new Date().toISOString() });
    else backup.clear();
    say({ state: isDirty() ? "edited" : "saved" });
  }

  /** @param {string} why */
  function again(why) {
    failures += 1;
    say({ state: "failed", why });
    later(Math.min(PAUSE_MS * 2 ** failures, LONGEST_WAIT_MS));
    return false;
  }

  /** Somebody has saved since. If that was this page, whose answer was lost, nothing is wrong. @param {Tree} sent */
  async function meet(sent) {
    const theirs = await newest(url).catch(() => null);
    if (!theirs) return again("The server cannot be reached.");
    facts = theirs.facts;
    if (isSame(theirs.tree, sent)) {
      settle(theirs.edition, sent);
      return true;
    }
    if (isSame(theirs.tree, saved)) {
      // Only the name or another fact has changed, which is not edited here.
      edition = theirs.edition;
      later(0);
      return false;
    }
    conflict(theirs);
    return false;
  }

  /** Two trees were made from the same one. @param {Theirs} theirs @param {Tree} [mine] @param {Tree} [base] */
  function conflict(theirs, mine = wanted, base = saved) {
    [inConflict, wanted] = [true, mine];
    say({ state: "conflict", why: theirs.edition.by });
    onConflict(theirs, base);
  }

  /** Go on from what somebody else saved, with this tree. @param {Theirs} theirs @param {Tree} chosen */
  function settleConflict(theirs, chosen) {
    inConflict = false;
    wanted = chosen;
    settle(theirs.edition, theirs.tree);
    if (isDirty()) later(0);
  }

  addEventListener("online", () => { if (isDirty()) save(); }, { signal: stopped.signal });

  return {
    edit, save, isDirty, conflict, settleConflict,
    get edition() { return edition; },
    /** Send what is left while the page closes. */
    leave() {
      if (isDirty() && !running && !inConflict && !unstorable(wanted)) put(wanted, true).catch(() => {});
    },
    /** Send nothing more: what the server does not have stays in this browser. */
    stop() {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}

/** The newest version that the server has, and who saved it. @param {string} url @returns {Promise<Theirs>} */
export async function newest(url) {
  const [flow, versions] = await Promise.all([url, `${url}/versions?limit=1`].map(async (address) => {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
    return answer.json();
  }));
  const { id, created_at: at, type, tree, published_at: published } = flow.draft ?? flow.published;
  const { name, category, description, keywords } = flow;
  const by = versions.items[0]?.created_by_name ?? "Somebody";
  return { edition: { id, at, by, isDraft: !published }, tree, facts: { name, category, type, description, keywords } };
}
