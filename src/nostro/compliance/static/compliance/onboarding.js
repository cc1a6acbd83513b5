/* Onboarding: questions that depend on an answer, and files that go off as soon as they are chosen. */

function ask(form) {
  for (const field of form.querySelectorAll("[data-when]")) {
    const given = new FormData(form).get(field.dataset.when) ?? "";
    const isAsked = field.dataset.whenIn.split(" ").includes(given);
    field.closest(".p-ask").hidden = !isAsked;
  }
}

for (const form of document.querySelectorAll("form")) {
  if (!form.querySelector("[data-when]")) continue;
  ask(form);
  form.addEventListener("change", () => ask(form));
}

/** Send the one file that was chosen, and say how far it is. The page that comes back replaces this. */
function send(form, input) {
  const data = new FormData(form);
  data.delete("upload");
  data.append("upload", input.files[0]);
  const box = form.querySelector(".p-sending");
  box.hidden = false;
  form.setAttribute("aria-busy", "true");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.onprogress = ({ loaded, total }) => {
    const percent = Math.round((loaded / total) * 100);
    box.querySelector("progress").value = percent;
    box.querySelector("[data-percent]").textContent = percent;
  };
  request.onload = () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = page.getElementById("papers");
    if (!fresh) return location.reload();
    document.getElementById("papers").replaceWith(fresh);
    window.htmx?.process(fresh);
  };
  request.onerror = () => location.reload();
  request.send(data);
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("form[data-send]");
  if (form && target.matches("[data-one]") && target.files.length) send(form, target);
});

/* The page may be renewed while somebody still looks for the file: their choice counts all the same. */
document.addEventListener("click", ({ target }) => {
  if (!target.matches?.("[data-one]")) return;
  target.onchange = () => {
    if (!target.isConnected && target.files.length) send(target.form, target);
  };
});
