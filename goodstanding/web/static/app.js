// Counts stay fresh while the page is seen. Rows never move: what is new collects behind one button.
const PERIOD_MS = 4000;
const lang = document.documentElement.lang;
const figure = new Intl.NumberFormat(lang === "nl" ? "nl-NL" : "en-GB");
const newest = document.body.dataset.newest;
const short = (value) => (value < 1000 ? figure.format(value) : `${figure.format(Math.floor(value / 100) / 10)}k`);
let timer = 0;
let signedIn = newest !== undefined;

async function refresh() {
  try {
    const answer = await fetch(`/live?after=${newest ?? 0}`, { headers: { accept: "application/json" } });
    signedIn = answer.status !== 401;
    if (answer.ok) show(await answer.json());
  } catch {
    // The server is away for a moment; what is on the page stays readable.
  }
  plan();
}

function show(counts) {
  for (const place of document.querySelectorAll("[data-live]")) {
    const value = counts[place.dataset.live];
    if (value === undefined) continue;
    const badge = place.classList.contains("count");
    place.textContent = (badge ? short : figure.format)(Math.min(value, 10000)) + (value > 10000 ? "+" : "");
    if (badge) place.hidden = value === 0;
  }
  const button = document.querySelector("[data-fresh]");
  if (button && counts.fresh > 0) {
    button.querySelector("[data-fresh-count]").textContent = figure.format(counts.fresh);
    button.hidden = false;
  }
}

function plan() {
  clearTimeout(timer);
  if (signedIn && !document.hidden) timer = setTimeout(refresh, PERIOD_MS);
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : signedIn && refresh()));
plan();

// An act is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && form.action.indexOf("/audit/export") < 0) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// One menu is open at a time; Escape closes it and gives the focus back.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".menu[open]"))
    for (const other of document.querySelectorAll(".menu[open]")) if (other !== event.target) other.open = false;
}, true);
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
