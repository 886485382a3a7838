"use strict";
(() => {
  const LEAST = 10; // rows of a table that is worth filtering
  const root = document.documentElement;

  // ---- light and dark
  const theme = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const label = () => { theme.textContent = isDark() ? "Light page" : "Dark page"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  prefersDark.addEventListener("change", label);
  theme.hidden = false;
  label();

  // ---- sorting
  const keyOf = (row, place) => {
    const cell = row.cells[place];
    if ("v" in cell.dataset) return Number(cell.dataset.v);
    return cell.classList.contains("n") ? NaN : cell.textContent.trim();
  };

  function compared(one, other) {
    if (typeof one === "number" && typeof other === "number") {
      if (Number.isNaN(one) || Number.isNaN(other)) return null;
      return one - other;
    }
    return String(one).localeCompare(String(other), "en", { numeric: true });
  }

  function sort(table, place) {
    const head = table.tHead.rows[0].cells[place];
    const rising = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row, place), row]);
    rows.sort(([one], [other]) => {
      const difference = compared(one, other);
      if (difference !== null) return rising ? difference : -difference;
      return Number(Number.isNaN(one)) - Number(Number.isNaN(other)); // what is missing stays at the end
    });
    body.append(...rows.map(([, row]) => row));
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, place));
      head.append(button);
    });
  }

  // ---- filtering
  function filterable(table) {
    const rows = [...table.tBodies[0].rows];
    const tools = document.createElement("div");
    tools.className = "filter";
    const name = document.createElement("label");
    name.textContent = "Filter rows";
    const field = document.createElement("input");
    field.type = "search";
    field.setAttribute("aria-controls", table.id);
    const said = document.createElement("output");
    name.append(field);
    tools.append(name, said);
    const texts = rows.map((row) => row.textContent.toLocaleLowerCase());
    field.addEventListener("input", () => {
      const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      rows.forEach((row, i) => {
        row.hidden = !words.every((word) => texts[i].includes(word));
        n += row.hidden ? 0 : 1;
      });
      said.textContent = words.length ? `${n} of ${rows.length} rows` : "";
    });
    document.getElementById(table.getAttribute("aria-labelledby")).parentNode.append(tools);
  }

  for (const table of document.querySelectorAll("table.tools")) {
    if (table.tBodies[0].rows.length > 1) sortable(table);
    if (table.tBodies[0].rows.length >= LEAST) filterable(table);
  }

  // ---- what a brain map says, beside the pointer or where the arrow keys are
  const tip = document.getElementById("tip");

  function show(text, box) {
    tip.textContent = text;
    tip.hidden = false;
    const width = tip.offsetWidth;
    const left = Math.min(box.left, document.documentElement.clientWidth - width - 8);
    tip.style.left = `${Math.max(4, left) + scrollX}px`;
    tip.style.top = `${box.top + scrollY}px`;
  }

  function hide() {
    tip.hidden = true;
    tip.textContent = "";
  }

  function speaking(stage) {
    const parts = [...stage.querySelectorAll("svg title")]
      .map((title) => ({ place: title.parentNode, text: title.textContent }))
      .filter(({ place }) => place.tagName.toLowerCase() !== "svg");
    if (!parts.length) return;
    for (const { place } of parts) place.querySelector("title").remove(); // else the browser shows it a second time
    const textOf = new Map(parts.map(({ place, text }) => [place, text]));
    const parted = (target) => {
      let at = target;
      while (at && at !== stage) {
        if (textOf.has(at)) return at;
        at = at.parentNode;
      }
      return null;
    };
    let current = -1;
    const mark = (place) => {
      for (const { place: other } of parts) delete other.dataset.on;
      if (place) place.dataset.on = "";
    };
    stage.addEventListener("pointermove", (event) => {
      const place = parted(event.target);
      mark(place);
      if (place) show(textOf.get(place), { left: event.clientX + 14, top: event.clientY + 16 });
      else hide();
    });
    stage.addEventListener("pointerleave", () => { mark(null); hide(); });
    stage.tabIndex = 0;
    const hint = document.createElement("p");
    hint.className = "small hint";
    hint.textContent = "Point at a region for its numbers, or go from region to region by the arrow keys.";
    stage.after(hint);
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", `${stage.dataset.name} Arrow keys go from region to region.`);
    const go = (to) => {
      current = (to + parts.length) % parts.length;
      const { place, text } = parts[current];
      mark(place);
      const box = place.getBoundingClientRect();
      show(text, { left: box.left, top: box.bottom + 6 });
    };
    stage.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") { mark(null); hide(); }
      else if (event.key === "Home") { event.preventDefault(); go(0); }
      else if (event.key === "End") { event.preventDefault(); go(parts.length - 1); }
      else if (step) { event.preventDefault(); go(current + step + (current < 0 && step < 0 ? 1 : 0)); }
    });
    stage.addEventListener("blur", () => { mark(null); hide(); current = -1; });
  }

  for (const stage of document.querySelectorAll(".map .stage")) speaking(stage);
})();
