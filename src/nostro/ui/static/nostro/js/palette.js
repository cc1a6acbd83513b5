/* The palette: one field that finds people, numbers and commands. The server ranks, keys choose. */

import { later, meta, on, toast } from "./page.js";
import { openDialog } from "./overlays.js";

const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const hits = palette?.querySelector("#hits");
const options = () => [...hits.querySelectorAll("[role=option]")];
let asked = null;

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  field.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const since = performance.now();
  const url = `${meta("nostro-palette")}?${new URLSearchParams({ q: field.value })}`;
  try {
    const answer = await fetch(url, { signal: asked.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.statusText);
    hits.innerHTML = await answer.text();
    const words = hits.querySelector("template[data-count]")?.content.textContent ?? "";
    const took = Math.round(performance.now() - since);
    palette.querySelector("#hits-count").textContent =
      `${words || `${options().length} found`}, ${took} ms`;
    choose(options()[0]);
  } catch (error) {
    if (error.name !== "AbortError") toast({ text: "The search did not answer.", tone: "bad" });
  }
}

function open(option, beside) {
  if (!option?.dataset.url) return;
  const { url, method } = option.dataset;
  palette.close();
  if (method === "dialog") openDialog(url);
  else if (beside) window.open(url, "_blank", "noopener");
  else location.assign(url);
}

export function openPalette() {
  if (!palette || palette.open) return;
  palette.showModal();
  field.select();
  ask();
}

if (palette) {
  on("click", "[data-palette]", openPalette);
  on("click", "#palette [role=option]", (option, event) =>
    open(option, event.ctrlKey || event.metaKey),
  );
  on("mousemove", "#palette [role=option]", choose);
  field.addEventListener("input", later(120, ask));
  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") open(all[at], event.ctrlKey || event.metaKey);
    else if (!by || !all.length) return;
    else choose(all.at((at + by) % all.length));
    event.preventDefault();
  });
}
