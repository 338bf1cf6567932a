// Who is here. The page says where its user is (data-here) and whether they write, and shows who else is at the places in
// data-present. The stream says who is where; nothing of it is stored.

const PATH = "/api/v1/presence";
const BEAT_MS = 20000;
// Somebody who has not typed for so long is reading.
const QUIET_MS = 10000;
const SETTLE_MS = 300;

const page = Math.random().toString(36).slice(2, 10);
const present = new Map();
let here = null;
let order = 0;
let state = "reading";
let quiet = 0;
let pending = 0;

function say(place, what) {
  // What is said in quick succession may arrive in another order.
  const body = JSON.stringify({ place, state: what, page, order: ++order });
  // It outlives the page, so that a farewell is sent.
  fetch(PATH, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body }).catch(() => {});
}

function settle() {
  const place = document.querySelector("[data-here]")?.dataset.here ?? null;
  if (place === here) return;
  if (here) say(here, "left");
  here = place;
  state = "reading";
  if (here) say(here, state);
}

// While a tab is hidden nothing is said, and what was said is forgotten soon.
function beat() { if (here && !document.hidden) say(here, state); }

function become(now) {
  clearTimeout(quiet);
  if (now === "writing") quiet = setTimeout(() => become("reading"), QUIET_MS);
  if (!here || state === now) return;
  state = now;
  say(here, state);
}

function leave() {
  if (here) say(here, "left");
  here = null;
}

function listed(names) {
  const last = names.at(-1);
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}

function sentence(names, what) { return names.length ? `${listed(names)} ${names.length > 1 ? "are" : "is"} ${what}.` : ""; }

function show() {
  const me = document.querySelector("[data-caller]")?.dataset.caller.split(":")[1];
  for (const part of document.querySelectorAll("[data-present]")) {
    const people = part.dataset.present.split(" ").flatMap((place) => present.get(place) ?? []).filter((one) => one.user_id !== me);
    const writing = new Map(people.filter((one) => one.state === "writing").map((one) => [one.user_id, one.name]));
    const reading = new Map(people.filter((one) => !writing.has(one.user_id)).map((one) => [one.user_id, one.name]));
    const text = [sentence([...reading.values()], "reading this"), sentence([...writing.values()], "writing")].filter(Boolean).join(" ");
    part.hidden = !text;
    part.querySelector("[data-names]").textContent = text;
  }
}

function showSoon() {
  clearTimeout(pending);
  pending = setTimeout(show, SETTLE_MS);
}

document.addEventListener("live-opened", () => { present.clear(); showSoon(); });
document.addEventListener("live-presence", ({ detail }) => { present.set(detail.place, detail.people); showSoon(); });
document.addEventListener("input", ({ target }) => { if (target.matches("main textarea, main input")) become(target.value ? "writing" : "reading"); });
document.addEventListener("submit", () => become("reading"));
document.addEventListener("htmx:load", () => { settle(); show(); });
document.addEventListener("visibilitychange", beat);
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", settle);
setInterval(beat, BEAT_MS);
settle();
