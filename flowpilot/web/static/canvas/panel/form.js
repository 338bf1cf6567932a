// The form beside the diagram: one node, with what it asks and what it leads to. Each input is an edit.

import { changeNode, KINDS, setKind } from "../model/tree.js";
import { kindName } from "../drawing/view.js";
import { choices } from "./choices.js";
import { fields } from "./fields.js";
import { files } from "./files.js";
import { inner } from "./inner.js";
import { items } from "./items.js";
import { fill } from "./rows.js";

/**
 * @param {HTMLElement} root the panel
 * @param {ReturnType<typeof import("../model/edits.js").editing>} work
 * @param {Parameters<typeof inner>[2] & {zone: string}} known
 */
export function panel(root, work, known) {
  const form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.querySelector(`[data-node-field][name="${name}"]`));
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-${name}]`);
  const parts = [choices(part("choices"), work), items(part("checklist"), work), fields(part("fields"), work), files(part("files-shown"), work, known.zone), inner(part("inner"), work, known)];

  /** @param {import("./choices.js").Places} places @param {string[]} problems */
  function show(places, problems) {
    const { tree, selected } = work;
    const node = selected === null ? null : tree.nodes[selected];
    form.hidden = !node;
    part("nothing").hidden = Boolean(node);
    part("title").textContent = node ? `${places.get(String(selected))?.number}. ${kindName(node.kind)}` : "";
    if (!node || selected === null) return;
    part("problems").replaceChildren(...problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })));
    fillKinds(/** @type {any} */ (field("kind")), node.kind);
    fill(field("text"), node.text);
    fill(field("help"), node.help ?? "");
    part("open").hidden = !node.open;
    field("open").checked = Boolean(node.open);
    part("begins").hidden = selected === tree.root;
    const address = /** @type {HTMLAnchorElement} */ (part("forms").querySelector("a"));
    address.href = `${address.dataset.base}?node=${encodeURIComponent(selected)}`;
    for (const one of parts) one.show(places);
  }

  form.addEventListener("input", ({ target }) => {
    const { tree, selected } = work, input = /** @type {HTMLInputElement} */ (target);
    if (selected === null || !("nodeField" in input.dataset)) return;
    if (input.name === "kind") work.edit(setKind(tree, selected, input.value));
    else if (input.name === "open") work.edit(changeNode(tree, selected, { open: input.checked }));
    else work.edit(changeNode(tree, selected, { [input.name]: input.value }), { key: `${selected} ${input.name}` });
  });
  form.addEventListener("click", ({ target }) => {
    const isBegin = target instanceof Element && target.closest("[data-begin]");
    if (isBegin && work.selected !== null) work.edit({ ...work.tree, root: work.selected });
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

/** @param {HTMLSelectElement} select @param {string} kind */
function fillKinds(select, kind) {
  const kinds = [...new Set([...KINDS, kind])];
  select.replaceChildren(...kinds.map((one) => new Option(kindName(one), one, false, one === kind)));
}
