// The control page: each form is sent as JSON to the address it names, and the answer is shown beneath it.
"use strict";

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.value === "") return undefined;
  return field.type === "number" ? Number(field.value) : field.value;
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const body = {};
  for (const field of form.elements) {
    if (field.name && valueOf(field) !== undefined) body[field.name] = valueOf(field);
  }
  const shown = form.querySelector("output");
  try {
    const answer = await fetch(form.dataset.call, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    shown.textContent = JSON.stringify(await answer.json(), null, 2);
    form.classList.toggle("wrong", !answer.ok);
  } catch (trouble) {
    shown.textContent = String(trouble);
    form.classList.add("wrong");
  }
}

for (const form of document.querySelectorAll("form[data-call]")) form.addEventListener("submit", send);
