// The canvas: the diagram of a flow's draft, where one edits it. This file joins the parts; each of them knows few others.

import { actsOf } from "./acts.js";
import { keys } from "./keys.js";
import { editing } from "./model/edits.js";
import { clock, stateOf } from "./model/words.js";
import { backupOf } from "./saving/backup.js";
import { guard } from "./saving/guard.js";
import { offerLeftovers } from "./saving/leftovers.js";
import { meeting } from "./saving/meeting.js";
import { publishing } from "./saving/publishing.js";
import { saver } from "./saving/saver.js";
import { stage } from "./stage.js";

/**
 * What every part of the canvas may ask of the page: its elements by their data attributes, what the server gave to it, the
 * names of flows by their ids, and how a time is written.
 * @typedef {{part: (name: string) => any, given: any, flows: Map<string, string>, when: (at: string) => string}} Page
 */

/** Open the canvas of a page. Returns what closes it. @param {HTMLElement} root */
export function open(root) {
  const page = read(root), { part, given, when } = page;
  const work = editing({ tree: given.tree, selected: given.selected ?? given.tree.root }, onEdit);
  const publish = publishing(part, given.problems, (id) => staged.select(id, true));
  const staged = stage(page, work, () => publish.byNode);
  const backup = backupOf(given.flow_id, given.user_id);
  const met = meeting(page, work, backup, () => saving, { show: staged.show, announce });
  const saving = saver({ ...given, backup, say, onSaved, onConflict: met.ask });

  /** @param {boolean} isTyped */
  function onEdit(isTyped) {
    announce("");
    saving.edit(work.tree);
    staged.show();
    if (!isTyped) staged.reveal();
  }

  /** Say what an edit did, until the next one; it can be undone there. @param {string} words */
  function announce(words) {
    part("announce").textContent = words;
    part("told").hidden = !words;
  }

  /** @param {import("./saving/saver.js").Word} word */
  function say(word) {
    const facts = { edition: saving.edition, me: given.me, number: staged.numberOf(word.node), when };
    part("state").textContent = stateOf(word, facts);
    part("state").dataset.state = word.state;
    publish.offer(saving.edition);
  }

  /** @param {import("./saving/saver.js").Problem[]} found */
  function onSaved(found) {
    publish.showProblems(found);
    publish.offer(saving.edition);
    staged.show();
  }

  const close = listen(root, page, work, staged, actsOf(page, work, staged, announce, publish.goToList));
  const unguard = guard(root, saving);
  publish.showProblems(given.problems);
  staged.show();
  staged.zoomed.start();
  staged.reveal();
  say({ state: "saved" });
  offerLeftovers({ part, backup, tree: given.tree, when, restore: met.restore });
  root.dataset.ready = "";
  return () => {
    close();
    unguard();
  };
}

/** @param {HTMLElement} root @returns {Page} */
function read(root) {
  const part = (/** @type {string} */ name) => /** @type {any} */ (root.querySelector(`[data-${name}]`));
  const given = JSON.parse(part("given").textContent);
  return { part, given, flows: new Map(Object.entries(given.flows)), when: clock(given.zone) };
}

/**
 * Let people press, drag and type. Returns what ends it.
 * @param {HTMLElement} root @param {Page} page
 * @param {ReturnType<typeof editing>} work @param {ReturnType<typeof stage>} staged @param {ReturnType<typeof actsOf>} acts
 */
function listen(root, { part }, work, staged, acts) {
  const gone = new AbortController(), { signal } = gone;
  root.addEventListener("focusin", ({ target }) => {
    const id = /** @type {HTMLElement} */ (target).dataset.node;
    if (id && id !== work.selected) staged.select(id);
  }, { signal });
  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const card = /** @type {HTMLElement | null} */ (target.closest(".canvas-node"));
    if (card) {
      acts.go(String(card.dataset.node));
      return staged.form.open();
    }
    const button = /** @type {HTMLElement | null} */ (target.closest("button[data-act]"));
    if (button) /** @type {any} */ (acts)[String(button.dataset.act)]();
  }, { signal });
  document.addEventListener("fullscreenchange", () => { part("full").textContent = document.fullscreenElement ? "Leave full screen" : "Full screen"; }, { signal });
  keys(root, staged.drawn, () => work, acts, signal);
  staged.letDrag(acts.connect);
  return () => gone.abort();
}
