// The page that stands in for one that cannot be reached: says why, and goes on by itself.

/** Pauses between looks at the server, in milliseconds: the last one from then on. */
const PAUSES = [2000, 4000, 8000, 15_000, 30_000];
const element = (id) => document.getElementById(id);

// As the page before it was (`app/src/shell.rs`); else as the system is.
try {
  document.documentElement.dataset.theme = localStorage.getItem("marquee.theme") ?? "";
} catch {
  // A browser that keeps nothing has none.
}

let looks = 0;
let timer;

function tell() {
  if (navigator.onLine) {
    element("what").textContent = "Marquee does not answer";
    element("why").textContent =
      "The server may be starting again, or this network may not lead to it. This page loads by itself as soon as it answers.";
  } else {
    element("what").textContent = "You are offline";
    element("why").textContent = "This page loads by itself as soon as there is a connection again.";
  }
}

async function look() {
  clearTimeout(timer);
  timer = undefined;
  if (navigator.onLine && document.visibilityState === "visible") {
    // Small, everybody's, and never kept.
    const answer = await fetch("/robots.txt", { cache: "no-store" }).catch(() => undefined);
    if (answer?.ok) return location.reload();
  }
  if (timer === undefined) {
    timer = setTimeout(look, PAUSES[Math.min(looks, PAUSES.length - 1)]);
    looks += 1;
  }
}

function begin() {
  looks = 0;
  tell();
  look();
}

element("again").addEventListener("click", (event) => {
  // Also where the address names a part of the page, to which the link alone would lead.
  event.preventDefault();
  location.reload();
});
addEventListener("online", begin);
addEventListener("offline", tell);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && begin());
begin();
