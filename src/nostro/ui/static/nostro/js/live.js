/* Live screens: the server names the topics that changed, the elements that show them ask again. */

import { meta } from "./page.js";

const LONGEST = 30_000;
let source = null;
let wait = 1_000;
let wasLost = false;

const shown = () => document.querySelectorAll("[data-live-topic]");

function state(words, tone) {
  for (const element of document.querySelectorAll("[data-live-state]")) {
    element.dataset.words ??= element.querySelector(".w").textContent;
    element.querySelector(".w").textContent = words ?? element.dataset.words;
    element.classList.toggle("is-lost", Boolean(tone));
  }
}

/** What an element's answer replaces: itself, and what it names beside itself. */
const parts = (element) => {
  const others = element.getAttribute("hx-select-oob");
  return others ? [element, ...document.querySelectorAll(others)] : [element];
};

/** A person in the middle of something is not interrupted: the element waits. */
const isBusy = (element) =>
  element.contains(document.querySelector("[popover]:popover-open")) ||
  element.querySelector(
    "form[aria-busy], input:focus:not([type=checkbox]), input[data-choosing], textarea:focus," +
      " select:focus, :active",
  );

/* Who looks for a file has left the page's focus, but not the page. */
const isFile = (element) => element.matches?.("input[type=file]");
addEventListener("click", ({ target }) => isFile(target) && (target.dataset.choosing = ""), true);
for (const end of ["change", "cancel"]) {
  addEventListener(end, ({ target }) => isFile(target) && delete target.dataset.choosing, true);
}

const due = new Set();

/* What was replaced while it waited may have been drawn before the change: its successor asks. */
function successors() {
  for (const element of [...due]) {
    if (element.isConnected) continue;
    due.delete(element);
    const fresh = element.id && document.getElementById(element.id);
    if (fresh?.matches("[data-live-topic], [data-live-every]")) due.add(fresh);
  }
}

function refresh() {
  successors();
  for (const element of due) {
    if (!parts(element).some(isBusy)) {
      due.delete(element);
      const url = element.dataset.liveUrl || element.getAttribute("hx-get") || location.href;
      const swap = element.dataset.liveSwap || "outerHTML";
      const select = element.dataset.liveSelect;
      window.htmx.ajax("GET", url, { source: element, target: element, swap, select });
    }
  }
}

setInterval(() => document.hidden || refresh(), 400);

/* Prices move without an event: what shows them is asked again every so many seconds. */
let second = 0;
setInterval(() => {
  second += 1;
  for (const element of document.querySelectorAll("[data-live-every]")) {
    if (second % Number(element.dataset.liveEvery) === 0) due.add(element);
  }
}, 1_000);

function mark(topics) {
  for (const element of shown()) {
    const own = element.dataset.liveTopic.split(/\s+/);
    if (!topics || own.some((topic) => topics.includes(topic))) due.add(element);
  }
}

function connect() {
  source = new EventSource(meta("nostro-live"));
  source.onopen = () => {
    wait = 1_000;
    state(null);
    if (wasLost) mark(null); // whatever was said meanwhile was missed
    wasLost = false;
  };
  source.onmessage = ({ data }) => mark(JSON.parse(data).topics);
  source.onerror = () => {
    wasLost = true;
    state("Reconnecting", "warn");
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, LONGEST);
  };
}

if (meta("nostro-live") && shown().length) connect();
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && source && connect());
