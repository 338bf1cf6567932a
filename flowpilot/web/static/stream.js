// The account's live events, as events of the document: "live-state" says whether the stream is open, "live-opened" that
// it has begun again, "live-number" the number of the last event and "live-event" the event, "live-reset" that earlier
// numbers no longer count, "live-counts" what asks for attention, "live-step" how far a watched session is,
// "live-presence" who is at a place. They come from one stream for all tabs (live/worker.js) where the browser has shared
// workers, and otherwise from a stream of each visible tab.

import { Connection } from "./live/connection.js";

const STILL_HERE_MS = 60000;

function emit(name, detail) { document.dispatchEvent(new CustomEvent(`live-${name}`, { detail })); }

const meta = (name) => document.querySelector(`meta[name=${name}]`).content;

// A page without live parts needs no stream.
function wanted() {
  const caller = document.querySelector("[data-caller]")?.dataset.caller;
  if (!caller || !document.querySelector("[data-live], [data-count], [data-watch]")) return null;
  const watch = [...document.querySelectorAll("[data-watch]")].flatMap((one) => one.dataset.watch.split(" "));
  // The names of the kinds come from the server, so that none is missed silently.
  return { caller, kinds: meta("live-kinds").split(" "), watch: [...new Set(watch.filter(Boolean))] };
}

// Without a worker a hidden tab gives its stream up: a browser has only six connections for all tabs of a server.
class OwnStream {
  #connection = new Connection(emit);
  follow(what, hurries) {
    this.#connection.follow(document.hidden ? null : what);
    if (hurries) this.#connection.hurry();
  }
  leave() { this.#connection.follow(null); }
}

class SharedStream {
  #port;
  constructor(caller, fail) {
    // Named after the person: pages of somebody else get a worker of their own.
    const worker = new SharedWorker(meta("live-worker"), { type: "module", name: `FlowPilot ${caller}` });
    worker.addEventListener("error", fail);
    this.#port = worker.port;
    this.#port.onmessage = ({ data: { name, detail } }) => emit(name, detail);
  }
  follow(what, hurries) { this.#port.postMessage({ wanted: what, hurries }); }
  leave() { this.#port.postMessage({ isLeaving: true }); }
}

let source = null;
let caller = null;
let isShared = "SharedWorker" in window;

function begin(name) {
  source?.leave();
  caller = name;
  source = shared(name) ?? new OwnStream();
}

// A browser may have shared workers and refuse one here, as some do in private windows.
function shared(name) {
  try {
    return isShared ? new SharedStream(name, fallBack) : null;
  } catch {
    isShared = false;
    return null;
  }
}

function fallBack() {
  isShared = false;
  source = null;
  follow();
}

function follow(hurries = false) {
  const what = wanted();
  if (what && (!source || what.caller !== caller)) begin(what.caller);
  source?.follow(what, hurries);
}

document.addEventListener("htmx:load", () => follow());
document.addEventListener("visibilitychange", () => follow(true));
window.addEventListener("online", () => follow(true));
window.addEventListener("pagehide", () => source?.leave());
window.addEventListener("pageshow", () => follow());
setInterval(() => { if (isShared) follow(); }, STILL_HERE_MS);
follow();
