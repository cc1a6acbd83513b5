/* A decision table is changed in its cells: Enter opens one and keeps what was typed, Esc leaves it
   as it was, Tab keeps it and opens the next. A refusal is said in the cell, which stays open. */

import { meta, on } from "../nostro/js/page.js";

const FAILED = "That did not work. Load the page again before you go on.";
let open = null;

const rule = () => document.getElementById("rule");

function edit(link) {
  const cell = link.closest("td");
  const input = document.createElement("input");
  Object.assign(input, { className: "n-field mono", value: link.dataset.raw, maxLength: 500 });
  input.autocomplete = "off";
  input.setAttribute("aria-label", link.getAttribute("aria-label"));
  input.setAttribute("list", `words-${link.dataset.field}`);
  input.placeholder = "any";
  cell.classList.add("is-editing");
  link.hidden = true;
  link.after(input);
  open = { cell, input, link, isBusy: false };
  input.focus();
  input.select();
}

function close() {
  const { cell, input, link } = open;
  open = null; // before the field goes: its going is no leaving
  input.remove();
  cell.querySelector("[role=alert]")?.remove();
  cell.classList.remove("is-editing");
  link.hidden = false;
  return link;
}

function refuse(text) {
  const { cell, input } = open;
  cell.querySelector("[role=alert]")?.remove();
  const said = document.createElement("p");
  Object.assign(said, { className: "flaw", id: "cell-refused", textContent: text });
  said.setAttribute("role", "alert");
  cell.append(said);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", said.id);
  open.isBusy = input.readOnly = false;
  open.then = undefined;
  input.focus();
}

const parsed = async (answer) =>
  new DOMParser().parseFromString(await answer.text(), "text/html");

/** What the house says against it, or nothing. */
async function sent({ row, field }, cell) {
  const body = new URLSearchParams({ row, field, cell });
  for (const name of ["row", "field"]) body.append("given", name);
  const headers = { "X-CSRFToken": meta("csrf-token"), "HX-Request": "true" };
  try {
    const answer = await fetch(rule().dataset.cells, { method: "POST", headers, body });
    if (answer.status === 204) return "";
    const said = (await parsed(answer)).querySelector(".wrong, [role=alert]");
    return said?.textContent.trim() || FAILED;
  } catch {
    return "No connection. What you typed is not kept yet.";
  }
}

/** The page as it is now; while a cell is being typed in, only what the change touched. */
async function redraw(id) {
  const answer = await fetch(rule().dataset.liveUrl);
  const fresh = (await parsed(answer)).getElementById("rule");
  if (!fresh) return;
  if (open) {
    const cell = (page) => page.querySelector(`#${id}`)?.closest("td");
    cell(rule())?.replaceWith(cell(fresh) ?? "");
    for (const part of [".n-under2", ".n-decidebar"]) {
      rule().querySelector(part).replaceWith(fresh.querySelector(part));
    }
  } else {
    const focused = document.activeElement?.id;
    rule().replaceWith(document.adoptNode(fresh));
    if (focused) document.getElementById(focused)?.focus();
  }
  window.htmx.process(rule());
}

async function keep(next) {
  const mine = open;
  const { input, link } = mine;
  const isSame = input.value.trim() === link.dataset.raw;
  if (!isSame) {
    mine.isBusy = input.readOnly = true;
    const problem = await sent(link.dataset, input.value);
    if (problem) return refuse(problem);
  }
  close();
  const to = mine.then ?? next;
  if (to) edit(to);
  else if (to === undefined) link.focus();
  if (!isSame) redraw(link.id);
}

function beside(link, step) {
  const links = [...document.querySelectorAll("[data-cell]")];
  return links[links.indexOf(link) + step];
}

on("click", "[data-cell]", (link, event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!open) edit(link);
  else if (open.isBusy) open.then = link; // once this one is kept: one is typed in at a time
  else keep(link);
});
on("keydown", "td.is-editing input", (_, event) => {
  if (!open || event.isComposing) return;
  const { key, shiftKey } = event;
  if (!["Enter", "Escape", "Tab"].includes(key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (open.isBusy) return;
  if (key === "Escape") close().focus();
  else keep(key === "Tab" ? beside(open.link, shiftKey ? -1 : 1) : undefined);
});
on("focusout", "td.is-editing input", () => {
  if (open && !open.isBusy && document.hasFocus()) keep(null);
});
