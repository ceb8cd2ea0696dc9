// Waits for the files of a bulletin; the page itself then offers them, or says what went wrong.
const box = document.getElementById("job");

async function look() {
  const answer = await fetch(location.pathname, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  const { state, share } = await answer.json();
  if (state === "done" || state === "failed") return void location.reload();
  box.querySelector("progress").value = share;
  setTimeout(again, 800);
}

function again() {
  look().catch(() => setTimeout(again, 5000));
}

if (box) again();
