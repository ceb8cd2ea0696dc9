// Shows how far the files are; when one is ready, the page itself says so.
const waiting = [...document.querySelectorAll("[data-job]")].filter((row) => ["waiting", "running"].includes(row.dataset.state));

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const jobs = await answer.json();
  for (const row of waiting) {
    const { state, share } = jobs[row.dataset.job] || {};
    if (state === "done" || state === "failed") return void location.reload();
    row.querySelector("progress")?.setAttribute("value", share ?? 0);
  }
  setTimeout(look, 1000);
}

if (waiting.length) look().catch(() => setTimeout(look, 5000));
