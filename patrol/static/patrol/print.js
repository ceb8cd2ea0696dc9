document.getElementById("print")?.addEventListener("click", () => window.print());
// What is folded on the screen is wanted on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
