// The account's live events, as events of the document: "live-state" says whether the stream is open, "live-number" is
// the number of the last event, "live-counts" says what asks for attention. The stream is reopened whatever ended it: a
// restart, a proxy's 502, a 429.

const PATH = "/api/v1/handoffs/stream?counts=true";
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;

let stream = null;
let waiting = 0;
let failures = 0;
let hasEnded = false;

function emit(name, detail) { document.dispatchEvent(new CustomEvent(name, { detail })); }

function open() {
  if (stream || waiting) return;
  stream = new EventSource(PATH);
  stream.addEventListener("hello", (event) => {
    failures = 0;
    hasEnded = false;
    emit("live-state", "live");
    emit("live-number", JSON.parse(event.data).number);
  });
  // The names come from the server, so that no kind of event is missed silently.
  for (const kind of document.querySelector("meta[name=live-kinds]").content.split(" ")) {
    stream.addEventListener(kind, (event) => emit("live-number", Number(event.lastEventId)));
  }
  stream.addEventListener("counts", (event) => emit("live-counts", JSON.parse(event.data)));
  // The credential is no longer valid. Try again anyway: the browser may have a newer one by then.
  stream.addEventListener("end", () => { hasEnded = true; lose(); });
  // A browser reopens a stream that was interrupted, but not one that was answered with an error.
  stream.addEventListener("error", lose);
}

function lose() {
  close();
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  failures += 1;
  // A random pause between half and all of it, so that browsers do not all return at once after an outage.
  waiting = setTimeout(() => { waiting = 0; open(); }, pause * (0.5 + Math.random() / 2));
}

function close() {
  stream?.close();
  stream = null;
  clearTimeout(waiting);
  waiting = 0;
  emit("live-state", hasEnded ? "ended" : "reconnecting");
}

// A page without live parts needs no stream, and neither does a hidden one: a browser has only six connections for all
// tabs of a server.
function follow() {
  if (document.querySelector("[data-live], [data-count]") && !document.hidden) open();
  else if (stream || waiting) close();
}

function followAtOnce() {
  if (waiting) close();
  failures = 0;
  follow();
}

document.addEventListener("htmx:load", follow);
document.addEventListener("visibilitychange", followAtOnce);
window.addEventListener("online", followAtOnce);
follow();
