// On a narrow screen the bar scrolls sideways: the page's own entry comes into sight.
const bar = document.querySelector("header.bar nav");
const entry = bar?.querySelector("[aria-current]");
if (entry) bar.scrollLeft = entry.offsetLeft - (bar.clientWidth - entry.offsetWidth) / 2 - bar.offsetLeft;
