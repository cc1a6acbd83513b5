/* The page's behaviour, put together. Data attributes drive everything; nothing is inline. */

import "./clocks.js";
import "./overlays.js";
import "./palette.js";
import "./rows.js";
import "./keys.js";
import "./live.js";
import { closeInspector } from "./rows.js";
import { keep, narrow, on, root } from "./page.js";

on("click", "[data-theme-toggle]", () => {
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  keep("nostro-theme", root.dataset.bsTheme);
  document.dispatchEvent(new CustomEvent("nostro:theme"));
});

/* On a phone the navigation slides over the page; on wider screens it is slim or wide, and kept. */
const roomy = matchMedia("(min-width: 1361px)");

on("click", "[data-fold-nav]", () => {
  if (narrow.matches) {
    root.toggleAttribute("data-nav-open");
    return;
  }
  const isSlim = roomy.matches ? root.dataset.nav === "slim" : root.dataset.nav !== "wide";
  root.dataset.nav = isSlim ? "wide" : "slim";
  keep("nostro-nav", root.dataset.nav);
});
on("click", "[data-close-nav]", () => root.removeAttribute("data-nav-open"));
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") root.removeAttribute("data-nav-open");
});

document.addEventListener("inspector-close", () => closeInspector());

const hasCharts = () => document.querySelector("[data-chart]");
async function charts() {
  if (!hasCharts()) return;
  document.removeEventListener("htmx:afterSettle", charts);
  (await import("./charts.js")).adopt();
}
document.addEventListener("htmx:afterSettle", charts);
charts();

root.dataset.ready = ""; // tests wait for this
