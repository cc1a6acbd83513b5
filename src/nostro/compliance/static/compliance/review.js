/* Looking closely at a document: larger, turned, with more contrast. */

const SIZES = [100, 125, 150, 200];
const glass = document.querySelector("[data-glass]");
const paper = () => glass?.querySelector("[data-paper]");
let size = 0;
let turn = 0;

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-zoom-by], [data-turn], [data-contrast]");
  if (!button || !paper()) return;
  if (button.dataset.zoomBy) {
    size = Math.max(0, Math.min(SIZES.length - 1, size + Number(button.dataset.zoomBy)));
    glass.dataset.zoom = SIZES[size];
    document.querySelector("[data-zoom-words]").textContent = `${SIZES[size]}%`;
  } else if ("turn" in button.dataset) {
    paper().classList.remove(`is-turned-${turn}`);
    turn = (turn + 1) % 4;
    paper().classList.add(`is-turned-${turn}`);
  } else {
    const isOn = paper().classList.toggle("is-contrast");
    button.setAttribute("aria-pressed", String(isOn));
  }
});
