/* Clocks run on the server's time: the page says what it was, the browser only adds the seconds. */

import { meta } from "./page.js";

const said = Date.parse(meta("nostro-now"));
const started = performance.now();
const offset = Number.isNaN(said) ? Date.now() - started : said - started;

/** The server's now, in milliseconds. */
export const now = () => offset + performance.now();

const SOON = 0.8;

/** A duration in its two largest units: 41 m, 1 h 46 m, 1 d 3 h, 40 s. */
export function span(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${String(minutes).padStart(2, "0")} m` : `${hours} h`;
  return minutes ? `${minutes} m` : `${seconds} s`;
}

function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function count(element, at) {
  const due = Date.parse(element.dataset.due);
  const since = Date.parse(element.dataset.since);
  const gone = since < due ? (at - since) / (due - since) : 0;
  const isLate = at > due;
  element.classList.toggle("is-late", isLate);
  element.classList.toggle("is-soon", !isLate && gone >= SOON);
  const share = isLate ? 100 : Math.max(0, Math.min(100, Math.round(gone * 100)));
  element.querySelector(".gone")?.setAttribute("stroke-dasharray", `${share} 100`);
  let words = span(due - at) + (isLate ? " over" : "");
  if ("long" in element.dataset && !isLate) {
    words += since < due ? ` left of ${span(due - since)}` : " left";
  }
  say(element.querySelector(".w"), words);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function utc(at) {
  const day = new Date(at);
  const time = day.toISOString().slice(11, 19);
  return `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${time} UTC`;
}

function tick() {
  if (document.hidden) return;
  const at = now();
  for (const element of document.querySelectorAll("[data-due]")) count(element, at);
  for (const element of document.querySelectorAll("[data-ago]")) {
    say(element, `${span(Math.max(0, at - Date.parse(element.dataset.ago)))} ago`);
  }
  for (const element of document.querySelectorAll("[data-utc]")) say(element, utc(at));
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
