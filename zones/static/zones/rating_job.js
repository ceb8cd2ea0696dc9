// Shows a job's progress until it ends; the page itself then says how it ended.
const box = document.getElementById("job");

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { state, share, message } = await answer.json();
  if (state !== box.dataset.state && (state === "done" || state === "failed")) return void location.reload();
  const step = document.getElementById("job-step");
  if (step) step.textContent = message;
  box.querySelector("progress")?.setAttribute("value", share);
  setTimeout(look, 700);
}

if (box.dataset.state !== "failed") look().catch(() => setTimeout(look, 5000));
