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

/** Renew what the answer says anew. Another form stays: a file may be chosen there meanwhile. */
function renew(page, sent) {
  for (const part of document.querySelectorAll("#papers [data-part]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || (part !== sent && part.matches("form"))) continue;
    part.replaceWith(fresh);
    window.htmx?.process(fresh);
  }
}

/** Send the one file that was chosen, and say how far it is. The answer replaces this form. */
function send(form, input) {
  const data = new FormData(form);
  data.delete("upload");
  data.append("upload", input.files[0]);
  const box = form.querySelector(".p-sending");
  box.hidden = false;
  form.setAttribute("aria-busy", "true");
  for (const other of form.querySelectorAll("[data-one]")) other.disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.onprogress = ({ loaded, total }) => {
    const percent = Math.round((loaded / total) * 100);
    box.querySelector("progress").value = percent;
    box.querySelector("[data-percent]").textContent = percent;
  };
  request.onload = () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (!page.getElementById("papers")) return location.reload();
    renew(page, form);
  };
  request.onerror = () => location.reload();
  request.send(data);
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("form[data-send]");
  if (form && target.matches("[data-one]") && target.files.length) send(form, target);
});
