// Swapping a page in place must not take the keyboard away from where it was.
(() => {
  let held = null;
  document.addEventListener("htmx:before:swap", () => { held = document.activeElement?.id || null; });
  document.addEventListener("htmx:after:swap", () => {
    const before = held && document.getElementById(held);
    if (before && document.activeElement !== before) before.focus({ preventScroll: true });
    for (const tick of document.querySelectorAll(".tick:checked")) tick.checked = false;
  });
})();
