/* What lies over the page: the dialog, popovers with their place, toasts, copying. */

import { fade, isTyping, meta, on, toast } from "./page.js";

/* ── The dialog ── */
const FIRST = ".body :is(input:not([type=hidden]), select, textarea), .btn-primary";
const dialog = () => document.getElementById("dialog");

export async function openDialog(url) {
  await window.htmx.ajax("GET", url, { target: dialog(), swap: "innerHTML" });
}

on("click", "[data-dialog]", (element, event) => {
  event.preventDefault();
  openDialog(element.dataset.dialog);
});
on("click", "[data-bulk-dialog]", (button, event) => {
  event.preventDefault();
  const rows = new FormData(button.form).getAll("row").map((row) => ["row", row]);
  openDialog(`${button.dataset.bulkDialog}?${new URLSearchParams(rows)}`);
});
on("click", "dialog [data-close]", (element, event) => {
  event.preventDefault();
  element.closest("dialog").close();
});
on("click", "dialog", (element, event) => {
  if (event.target === element) element.close(); // the ground around it is the dialog itself
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== dialog() || dialog().open || !dialog().childElementCount) return;
  dialog().showModal();
  dialog().querySelector(FIRST)?.focus();
});

/* The focus goes back to what opened the dialog; from a menu, which is shut, to its button. */
let asker = null;
on("click", "[data-dialog], [data-bulk-dialog]", (element) => {
  const menu = element.closest("[popover]");
  asker = menu ? opener(menu) : element;
  menu?.hidePopover();
});
document.addEventListener(
  "close",
  ({ target }) => {
    if (target === dialog() && asker?.isConnected) asker.focus();
  },
  true,
);

/* ── Popovers stand under the button that opened them ── */
const opener = (box) => document.querySelector(`[popovertarget="${CSS.escape(box.id)}"]`);
let standing = null;

function place() {
  const from = standing && opener(standing)?.getBoundingClientRect();
  if (!from) return;
  const { offsetWidth: width, offsetHeight: height } = standing;
  const start = standing.classList.contains("is-end") ? from.right - width : from.left;
  const left = Math.max(8, Math.min(start, innerWidth - width - 8));
  const below = from.bottom + 6;
  const above = from.top - height - 6;
  const top = below + height > innerHeight - 8 && above > 8 ? above : below;
  Object.assign(standing.style, { left: `${left}px`, top: `${top}px` });
}

document.addEventListener(
  "toggle",
  (event) => {
    const box = event.target;
    if (!box.matches?.("[popover]")) return;
    const isOpen = event.newState === "open";
    opener(box)?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      if (standing === box) standing = null;
      return;
    }
    standing = box;
    place();
    const url = box.dataset.whyUrl;
    if (url) {
      delete box.dataset.whyUrl;
      window.htmx.ajax("GET", url, { target: box, swap: "innerHTML" }).then(place);
    }
    box.querySelector("input:not([type=hidden]), a, button")?.focus({ preventScroll: true });
  },
  true,
);
addEventListener("resize", place);
document.addEventListener("scroll", place, true);

/* Arrow keys walk through a menu. */
on("keydown", ".n-menu", (menu, event) => {
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || isTyping(event.target)) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll(".item")];
  const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  items.at(next % items.length)?.focus();
});

/* ── Toasts ── */
document.addEventListener("toast", ({ detail }) =>
  toast(detail.text ? detail : { text: detail.value }),
);
document.addEventListener("dialog-close", () => dialog()?.close());
on("click", "[data-dismiss]", (button) => button.closest(".n-toast").remove());
for (const box of document.querySelectorAll("[data-toast]")) {
  fade(box, ["ok", "info", "warn"].find((tone) => box.classList.contains(`is-${tone}`)));
}

/* ── Requests: the token, and what to say when one fails ── */
document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-CSRFToken"] = meta("csrf-token");
});
const FAILURES = {
  401: "You have been signed out. Sign in and try again.",
  403: "Your role does not include this.",
  other: "That did not work. Look before you try it again.",
};

/* A whole page where a fragment was asked for, such as the sign-in, takes the whole window; not the
   page that a part was asked out of. */
const has = (text, selector) =>
  new DOMParser().parseFromString(text, "text/html").querySelector(selector) !== null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, select } = event.detail;
  if (target === document.body || !/^\s*<!doctype/i.test(xhr.responseText)) return;
  if (select && has(xhr.responseText, select)) return;
  event.detail.shouldSwap = false;
  location.assign(xhr.responseURL);
});
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.getResponseHeader("HX-Trigger")?.includes("toast")) return;
  toast({ text: FAILURES[detail.xhr.status] ?? FAILURES.other, tone: "bad" });
});
document.addEventListener("htmx:sendError", () =>
  toast({ text: "No connection. Look before you try it again.", tone: "bad" }),
);
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.xhr?.status === 422) {
    document.querySelector("[data-focus], [aria-invalid=true]")?.focus();
  }
});

/* A form is sent once: a second click waits until the answer or a way back. */
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (!defaultPrevented && target.method === "post") target.setAttribute("aria-busy", "true");
});
on("click", "form[aria-busy=true] [type=submit]", (_, event) => event.preventDefault());
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
  }
});

on("click", "[data-copy]", async ({ dataset }) => {
  try {
    await navigator.clipboard.writeText(dataset.copy);
    toast({ text: "Copied." });
  } catch {
    toast({ text: "The browser did not allow copying.", tone: "warn" });
  }
});
on("click", "[data-print]", () => print());
