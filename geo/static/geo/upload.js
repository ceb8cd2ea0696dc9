// Files dropped onto the form, a word while they travel, and a list that comes back by itself while something is being read.
const form = document.getElementById("drop");
const input = document.getElementById("files");

for (const type of ["dragenter", "dragover"]) {
  form.addEventListener(type, (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
}
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  tell();
  form.requestSubmit();
});
const chosen = document.getElementById("chosen");
function tell() {
  chosen.textContent = [...input.files].map((file) => file.name).join("、") || chosen.dataset.none;
}
input.addEventListener("change", tell);
form.addEventListener("submit", () => {
  document.getElementById("sending").hidden = false;
  form.querySelector("button").disabled = true;
});
addEventListener("pageshow", () => {
  tell();
  document.getElementById("sending").hidden = true;
  form.querySelector("button").disabled = false;
});

const waiting = document.getElementById("waiting");
if (waiting) {
  setTimeout(function reload() {
    if (input.files.length) return void setTimeout(reload, 1500);
    location.replace(location.href); // never sends a refused upload again
  }, Number(waiting.dataset.reload));
}
