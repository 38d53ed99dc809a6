// The control page: each form is sent as JSON to the address it names, and the answer is shown beneath it.
"use strict";

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.value.trim() === "") return undefined;
  if (field.dataset.kind === "truth") return field.value === "true";
  if (field.dataset.kind === "list") return field.value.split(",").map((one) => one.trim()).filter(Boolean);
  if (field.dataset.kind === "json") return JSON.parse(field.value);
  return field.type === "number" ? Number(field.value) : field.value;
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const body = {};
  const shown = form.querySelector("output");
  try {
    for (const field of form.elements) {
      const value = field.name ? valueOf(field) : undefined;
      if (value !== undefined) body[field.name] = value;
    }
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
