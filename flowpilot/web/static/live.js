// The account's live events: parts of a page that carry data-live renew themselves when one comes.

const SETTLE_MS = 150;

let stream = null;
let lastNews = Date.now();
let pending = 0;
let sending = 0;

function show(state) {
  for (const place of document.querySelectorAll("[data-live-state]")) {
    place.dataset.liveState = state;
    const at = new Date(lastNews).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    place.textContent = { live: "Live", reconnecting: `Reconnecting, last updated ${at}` }[state] ?? `Last updated ${at}`;
  }
}

function renew() {
  // Several events often come together: one look takes them all.
  clearTimeout(pending);
  pending = setTimeout(() => {
    // The news of one's own claim comes before its answer, which would find its form gone.
    if (sending > 0) { renew(); return; }
    lastNews = Date.now();
    for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "news");
  }, SETTLE_MS);
}

function open() {
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  stream = new EventSource("/api/v1/handoffs/stream");
  stream.addEventListener("hello", () => { lastNews = Date.now(); show("live"); });
  for (const kind of ["created", "claimed", "released", "reassigned", "expired", "first_action", "closed", "assessment_ready"]) {
    stream.addEventListener(kind, renew);
  }
  stream.addEventListener("end", () => { stream.close(); show("ended"); });
  stream.onerror = () => show(stream.readyState === EventSource.CLOSED ? "ended" : "reconnecting");
}

// A page without live parts needs no stream, nor does one that nobody sees: a browser has only six connections to give
// to all tabs of a server.
function follow() {
  if (document.querySelector("[data-live]") && !document.hidden) open();
  else if (stream) { stream.close(); stream = null; }
}

document.addEventListener("htmx:beforeSend", (event) => { if (event.detail.requestConfig.verb !== "get") sending += 1; });
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig.verb !== "get") sending = Math.max(0, sending - 1); });
document.addEventListener("htmx:load", follow);
document.addEventListener("visibilitychange", () => { follow(); if (!document.hidden) renew(); });
follow();
