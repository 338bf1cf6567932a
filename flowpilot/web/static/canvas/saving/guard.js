// Nobody leaves with edits that the server does not have, unless they say so.

/**
 * Guard the page. Returns what takes the guard away.
 * @param {HTMLElement} root @param {ReturnType<typeof import("./saver.js").saver>} saving
 */
export function guard(root, saving) {
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
