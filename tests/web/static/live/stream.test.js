import assert from "node:assert/strict";
import test from "node:test";

// As much of a page as the stream looks at: one person's, which watches a session.
const asked = { "[data-caller]": { dataset: { caller: "kim" } }, "[data-live], [data-count], [data-watch]": {} };
const said = { "live-kinds": "created", "live-worker": "/static/live/worker.js" };
globalThis.document = Object.assign(new EventTarget(), {
  hidden: false,
  querySelector: (what) => asked[what] ?? { content: said[what.match(/meta\[name=(.+)\]/)?.[1]] },
  querySelectorAll: () => [{ dataset: { watch: "a" } }],
});
globalThis.window = new EventTarget();
globalThis.setInterval = () => 0;

const opened = [];
globalThis.EventSource = class {
  constructor(url) { opened.push(url); }
  addEventListener() {}
  close() {}
};
window.SharedWorker = globalThis.SharedWorker = class {
  constructor() { throw new DOMException("Not here.", "SecurityError"); }
};

test("a browser that refuses a shared worker gets a stream of its own, and one alone", async () => {
  await import("../../../../flowpilot/web/static/stream.js");
  document.dispatchEvent(new Event("htmx:load"));
  assert.deepEqual(opened, ["/api/v1/handoffs/stream?counts=true&watch=a"]);
});
