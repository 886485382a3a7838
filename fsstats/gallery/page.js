"use strict";
(() => {
  const WORDS = { pass: "pass ✓", doubtful: "doubtful ?", fail: "fail ✗" };
  const COLUMNS = ["subject", "session", "stream", "source", "rating", "note", "files"];
  const IDENTITY = COLUMNS.slice(0, 4);
  const PLACE = "fsstats snapshots " + location.pathname;
  const at = (id) => document.getElementById(id);
  const runs = [...document.querySelectorAll("article")];
  const keys = new Map(runs.map((run) => [run, JSON.stringify(IDENTITY.map((name) => run.dataset[name]))]));
  const keyOf = (run) => keys.get(run);
  const nameOf = (run) => run.querySelector("h2").textContent + (run.dataset.source ? ` (${run.dataset.source})` : "");
  const one = (text) => String(text).replace(/[\t\r\n]+/g, " ").trim();
  const quoted = (cell) => cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell;
  const unquoted = (cell) => /^".*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell;

  let kept = {};
  let stores = true;
  try {
    const found = JSON.parse(localStorage.getItem(PLACE) || "{}");
    for (const [key, said] of Object.entries(found)) kept[key] = clean(said);
  } catch { stores = false; }
  let current = 0;
  let seen = -1;
  let unsaved = false;

  function clean(said) {
    const rating = Object.hasOwn(WORDS, said.rating) ? said.rating : "";
    return { rating, note: one(said.note || ""), state: String(said.state || "") };
  }

  const ratingOf = (run) => kept[keyOf(run)] || { rating: "", note: "", state: "" };

  // A rating of files that have changed since is none.
  function isOld(run) {
    const said = ratingOf(run);
    return said.rating !== "" && said.state !== "" && run.dataset.state !== "" && said.state !== run.dataset.state;
  }

  const LIKE = {
    all: () => true,
    unrated: (run) => ratingOf(run).rating === "" || isOld(run),
    pass: (run) => ratingOf(run).rating === "pass",
    doubtful: (run) => ratingOf(run).rating === "doubtful",
    fail: (run) => ratingOf(run).rating === "fail",
    note: (run) => ratingOf(run).note !== "",
    problem: (run) => "problem" in run.dataset,
  };
  const isShown = (run) => LIKE[at("filter").value](run);

  function keep(run, change) {
    kept[keyOf(run)] = { ...ratingOf(run), state: run.dataset.state, ...change };
    unsaved = true;
    store();
    verdict(run);
  }

  function store() {
    try {
      localStorage.setItem(PLACE, JSON.stringify(kept));
      stores = true;
    } catch { stores = false; }
  }

  function say(text) {
    at("said").textContent = stores ? text : text + " This browser keeps no ratings: download them before you leave.";
  }

  function step(from, by) {
    for (let i = from + by; i >= 0 && i < runs.length; i += by) if (isShown(runs[i])) return i;
    return -1;
  }

  function go(i) {
    if (i < 0) return false;
    current = i;
    show();
    window.scrollTo(0, document.querySelector("header").offsetHeight);
    say(`Now ${nameOf(runs[i])}.`);
    return true;
  }

  function show() {
    const any = current >= 0;
    if (seen >= 0) runs[seen].hidden = true;
    if (any) runs[current].hidden = false;
    seen = current;
    at("none").hidden = any;
    at("note").disabled = !any;
    at("previous").disabled = !any || step(current, -1) < 0;
    at("next").disabled = !any || step(current, 1) < 0;
    const said = any ? ratingOf(runs[current]) : { rating: "", note: "" };
    for (const button of document.querySelectorAll("button[data-rating]")) {
      button.disabled = !any;
      if (button.dataset.rating) button.setAttribute("aria-pressed", String(said.rating === button.dataset.rating));
    }
    if (at("note").value !== said.note) at("note").value = said.note;
    at("which").value = any ? String(current) : "";
    if (any) location.replace("#" + (current + 1));
    counts();
    ahead();
  }

  function verdict(run) {
    run.classList.toggle("out", !isShown(run));
    const said = ratingOf(run);
    const place = run.querySelector(".verdict");
    const old = isOld(run) ? " (the files have changed since: look again)" : "";
    place.textContent = [said.rating && WORDS[said.rating] + old, said.note].filter(Boolean).join(": ");
    place.dataset.rating = said.rating;
  }

  function counts() {
    const n = { pass: 0, doubtful: 0, fail: 0 };
    for (const run of runs) if (!LIKE.unrated(run)) n[ratingOf(run).rating] += 1;
    const done = n.pass + n.doubtful + n.fail;
    at("progress").max = Math.max(runs.length, 1);
    at("progress").value = done;
    at("count").textContent =
      `${done} of ${runs.length} rated: ${n.pass} pass, ${n.doubtful} doubtful, ${n.fail} fail`;
  }

  // The next run's pictures are fetched while this one is looked at.
  function ahead() {
    const next = runs[step(current, 1)];
    if (next) for (const image of next.querySelectorAll("img")) new Image().src = image.src;
  }

  function options() {
    const shown = [...runs.entries()].filter(([, run]) => isShown(run));
    at("which").replaceChildren(...shown.map(([i, run]) => new Option(nameOf(run), String(i))));
  }

  function filtered() {
    options();
    runs.forEach(verdict);
    if (current < 0 || !isShown(runs[current])) current = runs.findIndex(isShown);
    show();
    const n = runs.filter(isShown).length;
    say(`${n} ${n === 1 ? "run" : "runs"} shown.`);
  }

  function rate(rating) {
    if (current < 0) return;
    const run = runs[current];
    keep(run, { rating });
    const said = `${nameOf(run)}: ${rating || "not rated"}.`;
    const moved = rating && at("advance").checked && go(step(current, 1));
    if (!moved) show();
    say(moved ? `${said} Now ${nameOf(runs[current])}.` : said);
  }

  function outlines(on) {
    for (const image of document.querySelectorAll("img[data-plain]")) {
      image.dataset.outlined ||= image.getAttribute("src");
      image.src = on || !image.dataset.plain ? image.dataset.outlined : image.dataset.plain;
    }
  }

  function table() {
    const rows = runs.map((run) => {
      const said = ratingOf(run);
      return [...IDENTITY.map((name) => run.dataset[name]), said.rating, said.note, said.rating ? said.state : ""];
    });
    return [COLUMNS, ...rows].map((row) => row.map((cell) => quoted(one(cell)) || "n/a").join("\t") + "\n").join("");
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([table()], { type: "text/tab-separated-values" }));
    link.download = "ratings.tsv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    unsaved = false;
    say("Ratings downloaded as ratings.tsv.");
  }

  async function load(file) {
    const lines = (await file.text()).replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => line !== "");
    const head = (lines.shift() || "").split("\t");
    if (![...IDENTITY, "rating"].every((name) => head.includes(name))) {
      say(`${file.name}: expected the columns ${[...IDENTITY, "rating"].join(", ")}; nothing was loaded.`);
      return;
    }
    const known = new Map(runs.map((run) => [keyOf(run), run]));
    let n = 0;
    let strange = 0;
    for (const line of lines) {
      const cells = line.split("\t").map((cell) => (cell === "n/a" ? "" : unquoted(cell)));
      const row = Object.fromEntries(head.map((name, i) => [name, cells[i] || ""]));
      const key = JSON.stringify(IDENTITY.map((name) => row[name]));
      if (!known.has(key)) strange += 1;
      else if (row.rating || row.note) {
        kept[key] = clean({ ...row, state: row.files || "" });
        n += 1;
      }
    }
    store();
    filtered();
    const others = strange ? ` ${strange} rows of the file are of runs that are not here.` : "";
    say(`${n} ${n === 1 ? "rating" : "ratings"} loaded.${others}`);
  }

  const KEYS = {
    ArrowLeft: () => go(step(current, -1)),
    ArrowRight: () => go(step(current, 1)),
    0: () => rate(""),
    1: () => rate("pass"),
    2: () => rate("doubtful"),
    3: () => rate("fail"),
    n: () => at("note").focus({ preventScroll: true }),
    h: () => at("outlines") && at("outlines").click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.target === at("note") && ["Escape", "Enter"].includes(event.key)) {
      at("note").blur();
      return;
    }
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (!at("keys").checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  at("previous").addEventListener("click", KEYS.ArrowLeft);
  at("next").addEventListener("click", KEYS.ArrowRight);
  at("which").addEventListener("change", (event) => go(Number(event.target.value)));
  at("filter").addEventListener("change", filtered);
  at("note").addEventListener("input", (event) => {
    keep(runs[current], { note: one(event.target.value) });
  });
  at("save").addEventListener("click", download);
  at("load").addEventListener("change", async (event) => {
    if (event.target.files.length) await load(event.target.files[0]);
    event.target.value = "";
  });
  for (const button of document.querySelectorAll("button[data-rating]")) {
    button.addEventListener("click", () => rate(button.dataset.rating));
  }
  if (at("outlines")) at("outlines").addEventListener("change", (event) => outlines(event.target.checked));
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && !stores) event.preventDefault();
  });

  const wanted = Number(location.hash.slice(1)) - 1;
  at("tools").hidden = false;
  options();
  for (const run of runs) {
    run.hidden = true;
    verdict(run);
  }
  current = wanted >= 0 && wanted < runs.length ? wanted : runs.findIndex(LIKE.unrated);
  if (current < 0) current = 0;
  show();
  say("");
})();
