// The button and the words under it follow the way to pay that is chosen.

const next = document.querySelector("[data-next]");

function say(radio) {
  const title = radio.closest("label").querySelector(".p-what").firstChild.textContent.trim();
  next.textContent = `Continue with ${title}`;
  document.querySelectorAll("[data-note]").forEach((note) => {
    note.hidden = note.dataset.note !== radio.value;
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[name=method]")) say(event.target);
});

// A browser that comes back to the page may have kept another choice than it was sent.
addEventListener("pageshow", () => {
  const chosen = document.querySelector("input[name=method]:checked");
  if (chosen) say(chosen);
});
