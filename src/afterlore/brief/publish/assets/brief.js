// Search, categories, and opening what a link points at. Without this every story stands there and every claim opens.
document.addEventListener("DOMContentLoaded", () => {
  const stories = [...document.querySelectorAll(".story")].map((element) => ({
    element,
    entry: document.querySelector(`[data-for="${element.id}"]`),
    text: [...element.querySelectorAll("h2, .kicker, .from, .claim > summary, .dispute table")]
      .map((part) => part.textContent).join(" ").toLowerCase(),
  }));
  const field = document.getElementById("find");
  const said = document.querySelector(".found");
  const chips = [...document.querySelectorAll(".chip")];
  let category = "";
  const show = () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const story of stories) {
      const there = (!category || story.element.dataset.category === category)
        && wanted.every((word) => story.text.includes(word));
      story.element.hidden = story.entry.hidden = !there;
      n += there ? 1 : 0;
    }
    const narrowed = category || wanted.length;
    const form = n === 0 ? said.dataset.none : n === 1 ? said.dataset.one : said.dataset.many;
    said.textContent = narrowed ? form.replace("{n}", n) : "";
  };
  field.addEventListener("input", show);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      category = chip.dataset.category;
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      show();
    });
  }
  const all = document.querySelector("[data-open-all]");
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-pressed") !== "true";
    for (const claim of document.querySelectorAll(".claim")) claim.open = open;
    all.setAttribute("aria-pressed", String(open));
  });
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const story = target.closest(".story");
    if (story?.hidden) { field.value = ""; chips[0].click(); }
    if (target.matches("details")) target.open = true;
  };
  addEventListener("hashchange", follow);
  follow();
});
