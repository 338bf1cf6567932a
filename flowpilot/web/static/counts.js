// What asks for attention: how many handoffs wait, how many notifications are unread. The stream says it (stream.js), and
// every place that shows such a number shows the same: it names the number in data-count.

let counts = null;

function show() {
  if (counts === null) return;
  for (const place of document.querySelectorAll("[data-count]")) {
    const count = counts[place.dataset.count];
    const number = place.querySelector("[data-number]") ?? place;
    if (number.textContent !== String(count)) number.textContent = count;
    if ("hideNone" in place.dataset) place.hidden = count === 0;
  }
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = counts.n_waiting > 0 ? `(${counts.n_waiting}) ${title}` : title;
}

document.addEventListener("live-counts", (event) => { counts = event.detail; show(); });
// A page that was asked for before the numbers changed, and came after it, is behind already.
document.addEventListener("htmx:load", show);
