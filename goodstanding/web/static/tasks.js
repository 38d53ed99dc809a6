// Copying a task's text. Without scripts the text can be selected by hand, and no button promises more.
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = document.getElementById(button.dataset.copy);
  const said = button.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      // Over plain http on the home network a browser offers no clipboard; the old way still works there.
      document.execCommand("copy");
    }
    said.textContent = said.dataset.copied;
    button.querySelector("span").textContent = said.dataset.copied;
  });
}
