/* Lists worked with the keys: the current row, ticks with their bulk bar, the inspector. */

import { isShown, later, narrow, on } from "./page.js";

const list = () => [...document.querySelectorAll("[data-rows] tr[data-row]")].filter(isShown);
const panel = () => document.getElementById("inspector");
const current = () =>
  document.activeElement?.closest("[data-rows] tr[data-row]") ??
  document.querySelector('[data-rows] tr[aria-current="true"]');
const isInspecting = () => Boolean(panel()?.childElementCount);
const ticked = new Set();

function mark(row) {
  for (const other of document.querySelectorAll('[data-rows] tr[aria-current="true"]')) {
    other.removeAttribute("aria-current");
    other.classList.remove("is-open");
  }
  row?.setAttribute("aria-current", "true");
  row?.classList.add("is-open");
  row?.scrollIntoView({ block: "nearest" });
}

/* ── The inspector ── */
export function inspect(row, { push = true } = {}) {
  const { inspect: url, url: page, push: address } = row.dataset;
  if (page && (narrow.matches || !url || !panel())) {
    location.assign(page);
    return;
  }
  if (!url || !panel()) return;
  mark(row);
  window.htmx.ajax("GET", url, { source: panel(), target: panel(), swap: "innerHTML" });
  if (push && address) history.pushState({ inspect: row.dataset.row }, "", address);
}

export function closeInspector({ push = true } = {}) {
  if (!isInspecting()) return false;
  panel().replaceChildren();
  const url = new URL(location.href);
  if (push && url.searchParams.has("open")) {
    url.searchParams.delete("open");
    history.pushState({ inspect: null }, "", url);
  }
  current()?.querySelector("a, input")?.focus({ preventScroll: true });
  return true;
}

const follow = later(120, (row) => row.isConnected && inspect(row));

/** The next (1) or previous (-1) row; an open inspector follows. */
export function step(by) {
  const rows = list();
  if (!rows.length) return false;
  const at = rows.indexOf(current());
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  if (!row) return true;
  mark(row);
  if (!panel()?.contains(document.activeElement)) row.querySelector("a, input")?.focus();
  if (isInspecting()) follow(row);
  return true;
}

export function openCurrent() {
  const row = current();
  if (row) inspect(row);
  return Boolean(row);
}

on("click", "[data-rows] tr[data-row]", (row, event) => {
  if (event.target.closest("a, button, input, label, summary, [popover]")) return;
  if (event.ctrlKey || event.metaKey || String(getSelection()).length) return;
  if (row.dataset.inspect || row.dataset.url) inspect(row);
});
on("click", "[data-close-inspector]", () => closeInspector());
on("click", "[data-step]", (button) => step(Number(button.dataset.step)));

addEventListener("popstate", (event) => {
  if (event.state?.htmx || !panel()) return;
  const key = event.state?.inspect;
  const row = key && list().find((item) => item.dataset.row === key);
  if (row) inspect(row, { push: false });
  else if (event.state) closeInspector({ push: false });
});
if (panel()) history.replaceState({ inspect: current()?.dataset.row ?? null }, "");

/* ── Ticks and the bulk bar ── */
let lastTicked = null;

function show() {
  const boxes = [...document.querySelectorAll("[data-tick]")];
  for (const box of boxes) {
    box.checked = ticked.has(box.value);
    box.closest("tr")?.classList.toggle("is-ticked", box.checked);
  }
  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = ticked.size === 0;
  bar.querySelector("[data-bulk-count]").textContent = ticked.size;
  bar.querySelector("[data-bulk-words]").textContent = sums(boxes.filter((box) => box.checked));
  bar.querySelector("[data-bulk-keys]").replaceChildren(...[...ticked].map(hidden));
}

/** `800.00 USD · 120.00 EUR`: what the chosen rows come to, where a list has amounts. */
function sums(boxes) {
  const found = new Map();
  for (const { dataset } of boxes) {
    const [amount, code] = (dataset.sum ?? "").replaceAll(",", "").split(" ");
    if (code) found.set(code, (found.get(code) ?? 0) + Number(amount));
  }
  const said = (sum) => sum.toLocaleString("en-GB", { minimumFractionDigits: 2 });
  return [...found].map(([code, sum]) => `${said(sum)} ${code}`).join(" · ");
}

function hidden(key) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "row", value: key });
  return field;
}

function tick(box, checked) {
  if (checked) ticked.add(box.value);
  else ticked.delete(box.value);
}

on("click", "[data-tick]", (box, event) => {
  const boxes = [...document.querySelectorAll("[data-tick]")];
  const [from, to] = [boxes.indexOf(lastTicked), boxes.indexOf(box)];
  const isRange = event.shiftKey && from >= 0;
  const range = isRange ? boxes.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of range) tick(one, box.checked);
  lastTicked = box;
  show();
});
on("click", "[data-tick-all]", (all) => {
  for (const box of document.querySelectorAll("[data-tick]")) tick(box, all.checked);
  show();
});
on("click", "[data-untick]", () => clearTicks());

export function tickCurrent() {
  current()?.querySelector("[data-tick]")?.click();
  return Boolean(current());
}

export function clearTicks() {
  if (!ticked.size) return false;
  ticked.clear();
  show();
  return true;
}

function adopt() {
  for (const box of document.querySelectorAll("[data-tick]:checked")) ticked.add(box.value);
  const present = new Set([...document.querySelectorAll("[data-tick]")].map((box) => box.value));
  for (const key of ticked) if (!present.has(key)) ticked.delete(key);
  show();
}

document.addEventListener("htmx:afterSettle", adopt);
adopt();
