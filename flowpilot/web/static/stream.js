// The account's live events, as events of the document: "live-state" says whether the stream is open, "live-number" how
// far the account has come, "live-counts" what asks for attention. Whatever ends the stream, it is opened again: after a restart, a proxy's 502, a 429.

const PATH = "/api/v1/handoffs/stream?counts=true";
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;

let stream = null;
let waiting = 0;
let failures = 0;
let hasEnded = false;

function tell(name, detail) { document.dispatchEvent(new CustomEvent(name, { detail })); }

function open() {
  if (stream || waiting) return;
  stream = new EventSource(PATH);
  stream.addEventListener("hello", (event) => {
    failures = 0;
    hasEnded = false;
    tell("live-state", "live");
    tell("live-number", JSON.parse(event.data).number);
  });
  // The names come from the server: a kind that nobody listened to would be missed without a word.
  for (const kind of document.querySelector("meta[name=live-kinds]").content.split(" ")) {
    stream.addEventListener(kind, (event) => tell("live-number", Number(event.lastEventId)));
  }
  stream.addEventListener("counts", (event) => tell("live-counts", JSON.parse(event.data)));
  // The credential is no longer valid. It is tried again all the same: the browser may have been given a newer one.
  stream.addEventListener("end", () => { hasEnded = true; lose(); });
  // A browser opens a stream again that breaks off, but not one that is answered with an error.
  stream.addEventListener("error", lose);
}

function lose() {
  close();
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  failures += 1;
  // Between half and all of it, by chance, so that not all browsers come at once when a server is back.
  waiting = setTimeout(() => { waiting = 0; open(); }, pause * (0.5 + Math.random() / 2));
}

function close() {
  stream?.close();
  stream = null;
  clearTimeout(waiting);
  waiting = 0;
  tell("live-state", hasEnded ? "ended" : "reconnecting");
}

// A page without live parts needs no stream, nor does one that nobody sees: a browser has only six connections to give
// to all tabs of a server.
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
