// What is wrong with the draft, and whether it can be published.

import { problemCount } from "../model/words.js";

/** @typedef {import("./saver.js").Problem} Problem */

/** @param {(name: string) => any} part of the page @param {Problem[]} first @param {(id: string) => void} go to a node */
export function publishing(part, first, go) {
  let problems = first;

  /** @param {Problem} problem */
  function listed({ node, message }) {
    const item = document.createElement("li");
    const said = Object.assign(document.createElement(node ? "button" : "span"), { textContent: message });
    if (node) Object.assign(said, { type: "button", className: "btn-link canvas-fault", onclick: () => go(node) });
    item.append(said);
    return item;
  }

  return {
    /** @param {Problem[]} found */
    showProblems(found) {
      problems = found;
      part("faults").hidden = !problems.length;
      part("fault-list").replaceChildren(...problems.map(listed));
      part("why-not").hidden = !problems.length;
      part("why-not").textContent = problemCount(problems.length);
    },
    /** @param {import("./saver.js").Edition} edition */
    offer({ id, isDraft }) {
      part("publish").disabled = !isDraft || problems.length > 0;
      part("publish").form.elements.based_on.value = id;
    },
    /** Lead to the first problem in the list. */
    goToList() {
      part("faults").scrollIntoView({ block: "nearest" });
      part("fault-list").querySelector("button")?.focus();
    },
    /** The messages of each node. @returns {Map<string, string[]>} */
    get byNode() {
      const found = new Map();
      for (const { node, message } of problems) if (node) found.set(node, [...(found.get(node) ?? []), message]);
      return found;
    },
  };
}
