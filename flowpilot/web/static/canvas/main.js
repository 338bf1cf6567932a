// The canvas: the diagram of a flow's draft, where one edits it. This file joins the parts; each of them knows no other.

import { backupOf } from "./backup.js";
import { askWhich } from "./conflict.js";
import { drag } from "./drag.js";
import { remember } from "./history.js";
import { keys } from "./keys.js";
import { NEW_TEXT, panel } from "./panel.js";
import { saver } from "./saving.js";
import { addChoice, addNode, changeChoice, isEnd, isSame, offered, removeNode } from "./tree.js";
import { view } from "./view.js";
import { zoom } from "./zoom.js";

/** @typedef {import("./tree.js").Tree} Tree */

/** @param {HTMLElement} root */
export function open(root) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-${name}]`);
  const given = JSON.parse(part("given").textContent);
  let tree = /** @type {Tree} */ (given.tree), selected = /** @type {string | null} */ (given.selected ?? given.tree.root);
  let problems = /** @type {import("./saving.js").Problem[]} */ (given.problems);
  const past = remember({ tree, selected });
  const state = () => ({ tree, selected });

  const flows = /** @type {Map<string, string>} */ (new Map(Object.entries(given.flows)));
  const drawn = view(part("board"), part("lines"), part("icons"));
  const zoomed = zoom(part("view"), part("sizer"), part("board"), () => drawn.size);
  const form = panel(part("panel"), state, edit, flows);
  const backup = backupOf(given.flow_id, given.user_id);
  const saving = saver({ url: given.url, me: given.me, facts: given.facts, edition: given.edition, tree, backup, say, onSaved, onConflict });

  /** Go on to an edited tree. @param {Tree} edited @param {{key?: string, select?: string | null}} [more] */
  function edit(edited, { key = "", select: chosen = selected } = {}) {
    [tree, selected] = [edited, chosen];
    announce("");
    past.push({ tree, selected }, key);
    saving.edit(tree);
    show();
    if (!key) reveal();
  }

  /** @param {{tree: Tree, selected: string | null} | null} earlier */
  function travel(earlier) {
    if (!earlier) return;
    const onCard = document.activeElement?.closest(".canvas-node");
    ({ tree, selected } = earlier);
    announce("");
    saving.edit(tree);
    show();
    if (onCard && selected) drawn.cardOf(selected)?.focus({ preventScroll: true });
    reveal();
  }

  function show() {
    if (selected !== null && !(selected in tree.nodes)) selected = drawn.places.keys().next().value ?? null;
    /** @type {Map<string, string[]>} */
    const byNode = new Map();
    for (const { node, message } of problems) if (node) byNode.set(node, [...(byNode.get(node) ?? []), message]);
    drawn.draw({ tree, selected, problems: byNode, traffic: given.traffic, flows });
    zoomed.apply();
    form.show(drawn.places, (selected && byNode.get(selected)) || []);
    allow(part("undo"), past.canUndo);
    allow(part("redo"), past.canRedo);
    part("empty").hidden = Object.keys(tree.nodes).length > 0;
  }

  /** @param {string | null} id @param {boolean} [focused] */
  function select(id, focused = false) {
    selected = id;
    past.amend({ tree, selected });
    show();
    if (focused && id) drawn.cardOf(id)?.focus({ preventScroll: true });
    reveal();
  }

  function reveal() {
    const at = selected === null ? null : drawn.corners.get(selected), card = selected === null ? null : drawn.cardOf(selected);
    if (at && card) zoomed.reveal({ ...at, width: card.offsetWidth, height: card.offsetHeight });
  }

  /** Add a node that the selected one leads to; without one, or where the path ends, a separate node. @param {string} kind */
  function add(kind) {
    const [grown, id] = addNode(tree, kind, NEW_TEXT[kind]);
    const leads = selected !== null && selected in tree.nodes && !isEnd(tree.nodes[selected]);
    edit(leads ? addChoice(grown, /** @type {string} */ (selected), id) : grown, { select: id });
    form.focus();
  }

  function remove() {
    if (selected === null || !(selected in tree.nodes)) return;
    const gone = selected, number = drawn.places.get(gone)?.number;
    const before = drawn.places.get(gone)?.parent ?? null;
    edit(removeNode(tree, gone), { select: before });
    if (selected) drawn.cardOf(selected)?.focus({ preventScroll: true });
    announce(`Node ${number} is removed.`);
  }

  /** @param {string} id @param {number} index @param {string | null} target */
  function connect(id, index, target) {
    const { label } = offered(tree.nodes[id])[index];
    const [grown, next] = target === null ? addNode(tree, "instruction", label) : [tree, target];
    edit(changeChoice(grown, id, index, { next }), { select: target === null ? next : id });
    if (target !== null) return drawn.cardOf(id)?.focus({ preventScroll: true });
    form.focus();
    announce(`“${label}” leads to a new instruction, node ${drawn.places.get(next)?.number}.`);
  }

  /** Say what an edit did, until the next one; it can be undone there. @param {string} words */
  function announce(words) {
    part("announce").textContent = words;
    part("told").hidden = !words;
  }

  /** @param {string} at */
  const time = (at) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: given.zone }).format(new Date(at));
  const today = (/** @type {string} */ at) => Date.now() - Date.parse(at) < 43_200_000;
  const day = (/** @type {string} */ at) => (today(at) ? "" : `${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: given.zone }).format(new Date(at))}, `);

  /** @param {import("./saving.js").Word} word */
  function say({ state: now, why = "", node }) {
    const { at, by, isDraft } = saving.edition;
    const who = by === given.me ? "you" : by;
    const last = isDraft ? `Saved ${day(at)}${time(at)}, last edited by ${who}` : "No draft yet: your first change begins one";
    const number = node ? drawn.places.get(node)?.number : "";
    const words = {
      saved: last, saving: "Saving …", edited: "Edited", conflict: `Not saved: ${why} saved this draft, too`,
      held: `Not saved yet: node ${number} ${why}. It is kept in this browser`,
      failed: `Not saved: ${why} Your changes are kept in this browser, and sent again`,
    };
    part("state").textContent = `${words[now]}.`;
    part("state").dataset.state = now;
    readyToPublish();
  }

  /** @param {import("./saving.js").Problem[]} found */
  function onSaved(found) {
    problems = found;
    showProblems();
    show();
  }

  function showProblems() {
    part("faults").hidden = !problems.length;
    part("fault-list").replaceChildren(...problems.map(({ node, message }) => {
      const item = document.createElement("li");
      const go = Object.assign(document.createElement(node ? "button" : "span"), { textContent: message });
      if (node) Object.assign(go, { type: "button", className: "btn-link canvas-fault", onclick: () => select(node, true) });
      item.append(go);
      return item;
    }));
    readyToPublish();
  }

  function readyToPublish() {
    const { id, isDraft } = saving.edition;
    part("publish").disabled = !isDraft || problems.length > 0;
    part("why-not").hidden = !problems.length;
    part("why-not").textContent = `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    part("publish").form.elements.based_on.value = id;
  }

  /** @param {import("./saving.js").Theirs} theirs @param {Tree} base */
  function onConflict(theirs, base) {
    const { by, at } = theirs.edition;
    const who = by === given.me ? "You saved this draft in another window" : `${by} saved this draft`;
    askWhich(part("conflict"), {
      base, mine: tree, theirs: theirs.tree, said: `${who} at ${day(at)}${time(at)}, after you had opened it.`,
      choose(chosen, other) {
        // Both are in the history: undo brings back what was not chosen.
        past.push({ tree: other, selected });
        [tree, selected] = [chosen, selected && selected in chosen.nodes ? selected : chosen.root];
        past.push({ tree, selected });
        saving.settleConflict(theirs, chosen);
        show();
        announce("Undo brings the other version back.");
      },
    });
  }

  /** Edits of earlier visits that never reached the server, the newest first. @param {import("./backup.js").Backup[]} all */
  function offerBackup([left, ...others]) {
    part("left").hidden = !left;
    if (!left) return;
    part("left-at").textContent = `${day(left.at)}${time(left.at)}`;
    const done = () => {
      backup.leave(others);
      offerBackup(others);
    };
    part("discard").onclick = done;
    part("restore").onclick = async () => {
      // What was typed in this visit is saved first, so neither is lost.
      if (!(await saving.save())) return;
      backup.keep(left);
      done();
      if (left.based_on === saving.edition.id) return edit(left.tree, { select: left.tree.root });
      const theirs = { edition: saving.edition, tree, facts: given.facts };
      [tree, selected] = [left.tree, left.tree.root];
      show();
      saving.conflict(theirs, tree, left.base);
    };
  }

  root.addEventListener("focusin", ({ target }) => {
    const id = /** @type {HTMLElement} */ (target).dataset.node;
    if (id && id !== selected) select(id);
  });
  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const card = /** @type {HTMLElement | null} */ (target.closest(".canvas-node"));
    if (card) {
      select(String(card.dataset.node), true);
      return form.open();
    }
    const button = /** @type {HTMLElement | null} */ (target.closest("button[data-act]"));
    if (button) actions[/** @type {keyof typeof actions} */ (button.dataset.act)]?.();
  });
  const actions = {
    undo: () => travel(past.undo()),
    redo: () => travel(past.redo()),
    remove,
    add: () => add(part("add-kind").value),
    write: () => form.focus(),
    back: () => { form.close(); if (selected) drawn.cardOf(selected)?.focus({ preventScroll: true }); },
    problems: () => {
      part("faults").scrollIntoView({ block: "nearest" });
      part("fault-list").querySelector("button")?.focus();
    },
    go: (/** @type {string} */ id) => select(id, true),
    fit: () => zoomed.fit(),
    closer: zoomed.closer,
    farther: zoomed.farther,
    full: () => (document.fullscreenElement ? document.exitFullscreen() : part("stage").requestFullscreen()),
  };
  const gone = new AbortController();
  keys(root, drawn, state, actions, gone.signal);
  drag(part("board"), part("trace"), zoomed, drawn, connect);
  document.addEventListener("fullscreenchange", () => { part("full").textContent = document.fullscreenElement ? "Leave full screen" : "Full screen"; }, { signal: gone.signal });
  const unguard = guard(root, saving);
  show();
  showProblems();
  zoomed.start();
  say({ state: "saved" });
  const left = backup.left().filter((edits) => !isSame(edits.tree, given.tree));
  backup.leave(left);
  offerBackup(left);
  root.dataset.ready = "";
  return () => {
    gone.abort();
    unguard();
  };
}

/** A button keeps the focus, even if it has nothing left to do. @param {HTMLElement} button @param {boolean} isAllowed */
function allow(button, isAllowed) {
  button.setAttribute("aria-disabled", String(!isAllowed));
  button.classList.toggle("disabled", !isAllowed);
}

/**
 * Nobody leaves with edits that the server does not have, unless they say so. Returns what takes the guard away.
 * @param {HTMLElement} root @param {ReturnType<typeof saver>} saving
 */
function guard(root, saving) {
  const gone = new AbortController();
  /** @param {Event} event @param {() => void} goOn */
  async function first(event, goOn) {
    if (!saving.isDirty()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await saving.save() || confirm("Leave? Your last changes are not saved yet. They are kept in this browser.")) {
      gone.abort();
      goOn();
    }
  }
  const listening = { capture: true, signal: gone.signal };
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[href]"));
    if (link && !event.ctrlKey && !event.metaKey) first(event, () => link.click());
  }, listening);
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    // A question before it was answered already, so it is sent without asking again.
    if (!form.closest("[data-panel]")) first(event, () => form.submit());
  }, listening);
  root.addEventListener("focusout", () => { if (saving.isDirty()) saving.save(); }, { signal: gone.signal });
  addEventListener("beforeunload", (event) => { if (saving.isDirty()) event.preventDefault(); }, { signal: gone.signal });
  addEventListener("pagehide", () => saving.leave(), { signal: gone.signal });
  return () => { saving.stop(); gone.abort(); };
}
