/* One key, one thing: what stands on a button in `data-key` is what the key does. */

import { isShown, isTyping } from "./page.js";
import { openPalette } from "./palette.js";
import { clearTicks, closeInspector, openCurrent, step, tickCurrent } from "./rows.js";

function press(key) {
  const scope = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  const wanted = key.toLowerCase();
  const target = [...scope.querySelectorAll("[data-key]")].findLast(
    (element) => element.dataset.key.toLowerCase() === wanted && isShown(element),
  );
  if (!target || target.getAttribute("aria-disabled") === "true") return false;
  if (isTyping(target)) target.focus();
  else target.click();
  return true;
}

export function showKeys() {
  const box = document.getElementById("keys");
  if (!box) return false;
  const page = box.querySelector("[data-page-keys]");
  page.replaceChildren(
    ...[...document.querySelectorAll("[data-key]")].filter(isShown).map((element) => {
      const [line, key, words] = ["div", "dt", "dd"].map((name) => document.createElement(name));
      const cap = document.createElement("kbd");
      cap.className = "n-key";
      cap.textContent = element.dataset.key;
      key.append(cap);
      const own = element.cloneNode(true);
      own.querySelector("kbd")?.remove();
      words.textContent = own.textContent.trim() || element.getAttribute("aria-label");
      line.append(key, words);
      return line;
    }),
  );
  page.previousElementSibling.hidden = !page.childElementCount;
  box.showModal();
  return true;
}

const MOVES = {
  j: () => step(1),
  k: () => step(-1),
  x: tickCurrent,
  enter: openCurrent,
  "?": showKeys,
  escape: () => closeInspector() || clearTicks(),
};

/* Arrows scroll the page, unless a row has the focus. */
const ARROWS = { arrowdown: MOVES.j, arrowup: MOVES.k };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "escape" && event.target.matches?.(".n-find input:placeholder-shown")) {
    event.target.blur(); // the first Escape empties the field, the next one leaves it
  }
  if (isTyping(event.target)) return;
  const isOnControl = event.target.closest?.("a, button, summary, input, [role=option]");
  if (key === "enter" && isOnControl && !isOnControl.closest("[data-rows]")) return;
  const overlay = document.querySelector("dialog[open], [popover]:popover-open");
  if (overlay && (MOVES[key] || !overlay.matches("dialog"))) return;
  const inRows = event.target.closest?.("[data-rows] tr[data-row]");
  if (press(event.key) || (inRows && ARROWS[key]?.()) || MOVES[key]?.()) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys]")) showKeys();
});
