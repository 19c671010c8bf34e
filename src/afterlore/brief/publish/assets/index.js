// Search over the titles. Without this they all stand there.
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("find");
  const said = document.querySelector(".found");
  const issues = [...document.querySelectorAll("[data-issue]")].map((element) => ({
    element,
    more: element.querySelector("details"),
    titles: [...element.querySelectorAll("[data-title]")].map((item) => ({ item, text: item.textContent.toLowerCase() })),
  }));
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const issue of issues) {
      let inside = 0;
      for (const title of issue.titles) {
        const there = wanted.every((word) => title.text.includes(word));
        title.item.hidden = !there;
        inside += there ? 1 : 0;
      }
      issue.element.hidden = inside === 0;
      if (issue.more) issue.more.open = wanted.length > 0;
      n += inside;
    }
    const form = n === 0 ? said.dataset.none : n === 1 ? said.dataset.one : said.dataset.many;
    said.textContent = wanted.length ? form.replace("{n}", n) : "";
  });
});
