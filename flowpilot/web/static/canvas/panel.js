// The form beside the diagram: one node, with what it leads to. Each input is an edit.

import { addChoice, addNode, changeChoice, changeNode, isEnd, KINDS, moveChoice, offered, offers, removeChoice, setKind } from "./tree.js";
import { kindName } from "./view.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {Map<string, import("./layout.js").Place>} Places
 * @typedef {(tree: Tree, more?: {key?: string, select?: string | null}) => void} Edit
 */

/** @type {Record<string, string>} */
export const NEW_TEXT = {
  question: "New question", instruction: "New instruction", checklist: "New checklist", subflow: "Another flow",
  resolution: "Solved", escalation: "Hand over",
};

/**
 * @param {HTMLElement} root the panel
 * @param {() => {tree: Tree, selected: string | null}} state
 * @param {Edit} edit
 * @param {Map<string, string>} flows the names of the flows that a sub-flow can lead into, by their ids
 */
export function panel(root, state, edit, flows) {
  const form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
  const rows = /** @type {HTMLElement} */ (root.querySelector("[data-rows]"));
  const rowTemplate = /** @type {HTMLTemplateElement} */ (root.querySelector("template[data-row]"));
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (root.querySelector(`[data-${name}]`));

  /** @param {Places} places @param {string[]} problems */
  function show(places, problems) {
    const { tree, selected } = state();
    const node = selected === null ? null : tree.nodes[selected];
    form.hidden = !node;
    part("nothing").hidden = Boolean(node);
    if (!node || selected === null) return;
    part("title").textContent = `${places.get(selected)?.number}. ${kindName(node.kind)}`;
    part("problems").replaceChildren(...problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })));
    fillKinds(/** @type {any} */ (field("kind")), node.kind);
    fill(field("text"), node.text);
    fill(field("help"), node.help ?? "");
    part("open").hidden = !node.open;
    field("open").checked = Boolean(node.open);
    part("begins").hidden = selected === tree.root;
    part("flow").hidden = node.kind !== "subflow";
    fillFlows(/** @type {any} */ (field("flow")), node.flow ?? "", flows);
    const address = /** @type {HTMLAnchorElement} */ (part("forms").querySelector("a"));
    address.href = `${address.dataset.base}?node=${encodeURIComponent(selected)}`;
    showRows(tree, selected, places);
  }

  /** @param {Tree} tree @param {string} id @param {Places} places */
  function showRows(tree, id, places) {
    const choices = offered(tree.nodes[id]), { one, word, all } = offers(tree.nodes[id].kind);
    part("offers").hidden = isEnd(tree.nodes[id]) && !choices.length;
    part("offers-all").textContent = `${all}, and where each leads`;
    part("offers-one").textContent = `Add ${one}`;
    while (rows.children.length > choices.length) rows.lastElementChild?.remove();
    choices.forEach((choice, index) => {
      const row = /** @type {HTMLElement} */ (rows.children[index] ?? rows.appendChild(newRow(index)));
      const [label, next] = /** @type {any} */ (row.querySelectorAll("input, select"));
      fill(label, choice.label);
      fillTargets(next, choice.next, tree, places);
      for (const named of row.querySelectorAll("[data-name]")) named.setAttribute("aria-label", `${/** @type {HTMLElement} */ (named).dataset.name} ${word} ${index + 1}`);
      const [up, down] = /** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll("[data-move]"));
      up.disabled = index === 0;
      down.disabled = index === choices.length - 1;
    });
  }

  /** @param {number} index */
  function newRow(index) {
    const row = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (rowTemplate.content.firstElementChild).cloneNode(true));
    row.dataset.row = String(index);
    return row;
  }

  form.addEventListener("input", ({ target }) => {
    const { tree, selected } = state();
    if (selected === null || !(target instanceof Element)) return;
    const input = /** @type {HTMLInputElement} */ (target);
    const row = /** @type {HTMLElement | null} */ (input.closest("[data-row]"));
    if (row && input.name === "label") {
      edit(changeChoice(tree, selected, Number(row.dataset.row), { label: input.value }), { key: `${selected} label ${row.dataset.row}` });
    } else if (row) lead(Number(row.dataset.row), input.value);
    else if (input.name === "kind") edit(setKind(tree, selected, input.value));
    else if (input.name === "open") edit(changeNode(tree, selected, { open: input.checked }));
    else edit(changeNode(tree, selected, { [input.name]: input.value }), { key: `${selected} ${input.name}` });
  });

  /** Let a choice lead to a node, or to a new one. @param {number} index @param {string} value */
  function lead(index, value) {
    const { tree, selected } = state();
    if (selected === null) return;
    const kind = value.startsWith("new:") ? value.slice(4) : null;
    const [grown, next] = kind ? addNode(tree, kind, offered(tree.nodes[selected])[index].label) : [tree, value];
    edit(changeChoice(grown, selected, index, { next }), { select: kind ? next : selected });
  }

  form.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const { tree, selected } = state();
    if (!button || selected === null) return;
    const row = /** @type {HTMLElement | null} */ (button.closest("[data-row]")), index = Number(row?.dataset.row);
    if (button.dataset.move) edit(moveChoice(tree, selected, index, Number(button.dataset.move)));
    if ("removeChoice" in button.dataset) edit(removeChoice(tree, selected, index));
    if ("addChoice" in button.dataset) {
      edit(addChoice(tree, selected, ""));
      rows.lastElementChild?.querySelector("input")?.select();
    }
    if ("begin" in button.dataset) edit({ ...tree, root: selected });
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  /** Where there is no room beside the diagram, the form is a sheet below it. */
  function open() {
    root.dataset.open = "";
    if (getComputedStyle(root).position === "fixed") root.closest("[data-stage]")?.querySelector("[data-view]")?.scrollIntoView({ block: "start" });
  }

  function close() { delete root.dataset.open; }

  function focus() {
    open();
    field("text").select();
  }

  return { show, open, close, focus };
}

/** Put a value into a field, but not under the hands of somebody who types it. @param {HTMLInputElement} field @param {string} value */
function fill(field, value) {
  if (field.value !== value) field.value = value;
}

/** @param {HTMLSelectElement} select @param {string} kind */
function fillKinds(select, kind) {
  const kinds = [...new Set([...KINDS, kind])];
  select.replaceChildren(...kinds.map((one) => new Option(kindName(one), one, false, one === kind)));
}

/** @param {HTMLSelectElement} select @param {string} flow @param {Map<string, string>} flows */
function fillFlows(select, flow, flows) {
  const unknown = flows.has(flow) ? [] : [new Option(flow || "Choose …", flow, false, true)];
  select.replaceChildren(...unknown, ...[...flows].map(([id, name]) => new Option(name, id, false, id === flow)));
}

/** @param {HTMLSelectElement} select @param {string} next @param {Tree} tree @param {Places} places */
function fillTargets(select, next, tree, places) {
  const none = next in tree.nodes ? [] : [new Option(next ? `${next} (missing)` : "Choose …", next, false, true)];
  const there = Object.assign(document.createElement("optgroup"), { label: "Existing node" });
  for (const [id, { number }] of places) there.append(new Option(`${number}. ${shortened(tree.nodes[id].text)}`, id, false, id === next));
  const fresh = Object.assign(document.createElement("optgroup"), { label: "New node" });
  fresh.append(...KINDS.map((kind) => new Option(`New ${kindName(kind).toLowerCase()}`, `new:${kind}`)));
  select.replaceChildren(...none, there, fresh);
}

/** @param {string} text */
const shortened = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
