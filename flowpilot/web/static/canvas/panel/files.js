// The pictures and other files that a node shows: chosen, dropped or pasted into the form, and sent at once.

import { pastedFiles } from "../../attachments/pasting.js";
import { shrunk } from "../../attachments/pictures.js";
import { send } from "../../attachments/sending.js";
import { element } from "../drawing/view.js";
import { addFile, asNodeFile, filesOf, MOST_FILES, removeFile } from "../model/files.js";
import { follow, keepFocus, name, placeOf } from "./rows.js";

/** @typedef {import("../model/tree.js").NodeFile} NodeFile */

/**
 * @param {HTMLDetailsElement} root the part of the form
 * @param {ReturnType<typeof import("../model/edits.js").editing>} work
 * @param {string} zone of the account's clocks
 */
export function files(root, work, zone) {
  const list = /** @type {HTMLElement} */ (root.querySelector("[data-rows]"));
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("template"));
  const input = /** @type {HTMLInputElement} */ (root.querySelector("input[type=file]"));
  const told = /** @type {HTMLElement} */ (root.querySelector("[data-told]"));
  const form = /** @type {HTMLElement} */ (root.closest("form"));
  const at = () => String(work.selected);
  /** @type {string | null} */
  let shown = null;

  function show() {
    const all = filesOf(work.tree, at());
    if (shown !== work.selected) {
      root.open = all.length > 0;
      told.textContent = "";
    }
    shown = work.selected;
    input.disabled = all.length >= MOST_FILES;
    follow(list, template, all, showFile);
  }

  /** @param {HTMLElement} row @param {NodeFile} file */
  function showFile(row, file) {
    const address = `/api/v1/attachments/${encodeURIComponent(file.id ?? "")}`, is = file.name ?? "File";
    const [link, missing] = /** @type {NodeListOf<HTMLAnchorElement>} */ (row.querySelectorAll("[data-file], [data-missing]"));
    link.hidden = !file.type;
    missing.hidden = !link.hidden;
    missing.textContent = `${is}: not there`;
    if (link.getAttribute("href") !== address) {
      link.setAttribute("href", address);
      const picture = file.width ? Object.assign(document.createElement("img"), { src: `${address}/thumbnail`, alt: "" }) : "";
      link.replaceChildren(picture, element("span", "wrap", is));
      link.toggleAttribute("data-picture", Boolean(file.width));
    }
    name(row, is);
  }

  /** Send files one after another, so that a node's first picture stays its first. @param {File[]} chosen */
  async function add(chosen) {
    const node = at();
    root.open = true;
    told.textContent = "Sending …";
    const refused = [];
    for (const file of chosen) {
      try {
        const made = await send(await shrunk(file), () => {}).answered;
        if (filesOf(work.tree, node).length >= MOST_FILES) refused.push(`One node takes ${MOST_FILES} files.`);
        else work.edit(addFile(work.tree, node, asNodeFile(made)));
      } catch (error) {
        refused.push(`${file.name}: ${/** @type {Error} */ (error).message}`);
      }
    }
    told.textContent = [...new Set(refused)].join(" ");
  }

  input.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = "";
  });
  form.addEventListener("paste", (event) => {
    const pasted = pastedFiles(event.clipboardData, zone);
    if (!pasted.length) return;
    event.preventDefault();
    add(pasted);
  });
  form.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
  form.addEventListener("drop", (event) => {
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (!dropped.length) return;
    event.preventDefault();
    add(dropped);
  });
  root.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    work.edit(removeFile(work.tree, at(), placeOf(button, ".canvas-file")));
    keepFocus(input);
  });

  return { show };
}
