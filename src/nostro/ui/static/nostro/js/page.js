/* The small things every script needs: meta values, kept choices, delegated events, toasts. */

export const root = document.documentElement;
export const narrow = matchMedia("(max-width: 900px)");

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* storage may be switched off: the choice then lasts for this page */
  }
}

/** Calls `react(element, event)` for events inside any present or later element that matches. */
export function on(type, selector, react) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) react(element, event);
  });
}

export function later(wait, run) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(run, wait, ...values);
  };
}

const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

export const isTyping = (element) => element?.matches?.(TYPED);

export const isShown = (element) => element.getClientRects().length > 0;

const TOAST_SECONDS = { ok: 6, info: 8, warn: 12 };

/** A short message at the foot of the page. Bad news stays until it is dismissed. */
export function toast({ text, tone = "ok", url = "" }) {
  const box = document.createElement("div");
  box.className = `n-toast is-${tone}`;
  const say = document.createElement("span");
  say.className = "say";
  say.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-icon btn-s";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  close.textContent = "×";
  box.append(say);
  if (url) {
    const link = document.createElement("a");
    link.className = "link";
    link.href = url;
    link.textContent = "Open";
    box.append(link);
  }
  box.append(close);
  document.getElementById("toasts")?.append(box);
  fade(box, tone);
}

export function fade(box, tone) {
  const seconds = TOAST_SECONDS[tone];
  if (seconds) setTimeout(() => box.remove(), seconds * 1000);
}
