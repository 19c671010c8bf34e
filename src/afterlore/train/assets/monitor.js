// A running page reads itself again; the reader can hold it still.
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-follow]");
  if (!button) return;
  const KEY = "afterlore-held";
  // Storage may be forbidden; the choice then lasts until the next reading.
  const held = () => { try { return sessionStorage.getItem(KEY) === "yes"; } catch { return false; } };
  const say = () => button.setAttribute("aria-pressed", String(!held()));
  button.addEventListener("click", () => {
    try { sessionStorage.setItem(KEY, held() ? "no" : "yes"); } catch { /* see above */ }
    say();
  });
  setInterval(() => { if (!held() && document.visibilityState === "visible") location.reload(); }, 15000);
  say();
});
