// The flow that a sub-flow leads into: found by search, with the ends that it can come to.

import { addOutcomes, exitsOf } from "../model/exits.js";
import { changeNode } from "../model/tree.js";
import { element } from "../drawing/view.js";

/** @typedef {{id: string, name: string, category: string | null}} FlowRow */

const PAUSE_MS = 200, MOST = 12;

/**
 * @param {HTMLElement} root the part of the form
 * @param {ReturnType<typeof import("../model/edits.js").editing>} work
 * @param {{flow_id: string, flows: Map<string, string>}} known this flow, and the names of others by their ids
 */
export function inner(root, work, { flow_id: own, flows }) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-${name}]`);
  const search = /** @type {HTMLInputElement} */ (part("search")), found = /** @type {HTMLElement} */ (part("found"));
  /** @type {Map<string, ReturnType<typeof exitsOf> | null>} */
  const exits = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {string | null} */
  let shown = null;
  let asked = 0;

  function show() {
    const { kind, flow = "" } = work.tree.nodes[String(work.selected)];
    root.hidden = kind !== "subflow" && !flow;
    if (root.hidden) return;
    if (shown !== work.selected) close();
    shown = work.selected;
    part("none").hidden = Boolean(flow);
    part("chosen").hidden = !flow;
    part("link").textContent = flows.get(flow) ?? flow;
    part("link").href = `/flows/${encodeURIComponent(flow)}`;
    showExits(flow);
  }

  /** @param {string} flow */
  function showExits(flow) {
    const known = exits.get(flow);
    if (flow && known === undefined) readExits(flow);
    part("exits").hidden = !known?.length;
    part("exit-list").replaceChildren(...(known ?? []).map(({ word, text }) => element("li", "wrap", `${word}: ${text}`)));
  }

  /** @param {string} flow */
  async function readExits(flow) {
    exits.set(flow, null);
    const read = await ask(`/api/v1/flows/${encodeURIComponent(flow)}`).catch(() => null);
    if (!read?.published) return;
    exits.set(flow, exitsOf(read.published.tree));
    show();
  }

  async function find() {
    const turn = ++asked, words = search.value.trim();
    const query = new URLSearchParams({ state: "published", limit: String(MOST), ...(words && { q: words }) });
    const answer = await ask(`/api/v1/flows?${query}`).catch(() => null);
    // An answer that is late says nothing of what is typed now.
    if (turn !== asked) return;
    const rows = /** @type {FlowRow[]} */ (answer?.items ?? []).filter(({ id }) => id !== own);
    found.replaceChildren(...rows.map(offer));
    const count = `${rows.length} ${rows.length === 1 ? "flow" : "flows"}`;
    const none = words ? "No published flow is called like that." : "No other flow is published yet.";
    part("search-told").textContent = !answer ? "The server cannot be reached." : !rows.length ? none : answer.next_cursor ? `The first ${count}: type to find others.` : `${count} found.`;
  }

  /** @param {FlowRow} flow */
  function offer({ id, name, category }) {
    const item = document.createElement("li"), button = element("button", "list-group-item list-group-item-action");
    button.setAttribute("type", "button");
    button.dataset.flow = id;
    button.append(element("span", "wrap", name), element("small", "d-block text-secondary", category ?? ""));
    item.append(button);
    return item;
  }

  function close() {
    asked += 1;
    clearTimeout(timer);
    found.replaceChildren();
    part("search-told").textContent = "";
    search.value = "";
  }

  /** @param {HTMLElement} button */
  function choose(button) {
    const flow = String(button.dataset.flow);
    flows.set(flow, button.querySelector("span")?.textContent ?? flow);
    close();
    work.edit(changeNode(work.tree, String(work.selected), { flow }));
    search.focus();
  }

  search.addEventListener("focus", () => { if (!found.children.length) find(); });
  root.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE_MS);
  });
  root.addEventListener("keydown", (event) => {
    const buttons = [...found.querySelectorAll("button")], place = buttons.indexOf(/** @type {any} */ (document.activeElement));
    if (event.key === "Enter" && event.target === search) buttons[0]?.click();
    else if (event.key === "ArrowDown") buttons[place + 1]?.focus();
    else if (event.key === "ArrowUp") (place > 0 ? buttons[place - 1] : search).focus();
    else if (event.key === "Escape" && found.children.length) {
      close();
      search.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener("click", ({ target }) => {
    const button = /** @type {HTMLElement | null} */ (target instanceof Element ? target.closest("button") : null);
    if (button?.dataset.flow) choose(button);
    else if (button) work.edit(addOutcomes(work.tree, String(work.selected), exits.get(work.tree.nodes[String(work.selected)].flow ?? "") ?? []));
  });

  return { show };
}

/** @param {string} address */
async function ask(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}
