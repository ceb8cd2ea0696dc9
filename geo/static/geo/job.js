// Shows a job's progress until it ends; the page itself then says how it ended.
const box = document.getElementById("job");

async function look() {
  const answer = await fetch(location.pathname, { headers: { Accept: "application/json" } });
  // What the job was about has become something else: an archive, its files.
  if (answer.status === 404) return void location.assign(box.dataset.gone);
  if (!answer.ok) throw new Error(answer.status);
  const { state, share, message } = await answer.json();
  if (state === "done" || state === "failed") return void location.reload();
  const bar = box.querySelector("progress");
  if (share) bar.value = share;
  box.querySelector("[data-message]").textContent = message;
  setTimeout(again, 700);
}

function again() {
  look().catch(() => setTimeout(again, 5000));
}

if (box) again();
