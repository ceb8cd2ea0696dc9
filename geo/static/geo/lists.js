// What makes a list quicker to use; every part of it works without this.

// Columns move up in place; without a script the button asks the server.
const columns = document.getElementById("columns");
columns?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=raise]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  if (item.previousElementSibling) item.parentElement.insertBefore(item, item.previousElementSibling);
  button.focus();
});

// All rows of the page at once.
const all = document.getElementById("all-here");
if (all) {
  const boxes = [...document.querySelectorAll("#rows input[name=pk]")];
  all.hidden = false;
  all.addEventListener("change", (event) => { for (const box of boxes) box.checked = event.target.checked; });
}

// Fields that nothing was typed into stay out of the address.
document.getElementById("filters")?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
});
