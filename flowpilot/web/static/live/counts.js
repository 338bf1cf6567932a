// What asks for attention: the number of waiting handoffs and of unread notifications. The stream (stream.js) reports
// them, and every place that names one of them in data-count shows the same number.

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
// A page that was requested before the numbers changed and arrived afterwards is already out of date.
document.addEventListener("htmx:load", show);
