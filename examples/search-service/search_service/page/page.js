// Asks the service, and shows what it found. What comes from it goes into the page as text, never as markup.

const form = document.querySelector("form");
const input = document.querySelector("#query");
const status = document.querySelector("#status");
const hits = document.querySelector("#hits");
const mood = document.querySelector("#mood");

let asking = new AbortController();

async function ask(path, signal) {
  const answer = await fetch(path, { signal });
  const told = await answer.json();
  if (answer.ok) return told;
  throw new Error(typeof told.detail === "string" ? told.detail : "it does not take this query");
}

async function search(query) {
  asking.abort(); // an older answer must not come after a newer one
  const { signal } = (asking = new AbortController());
  show({ hits: [], moods: [] });
  hits.ariaBusy = Boolean(query);
  document.title = query ? `${query} – Search` : "Search";
  status.textContent = query ? "Searching …" : "";
  if (!query) return;
  try {
    const found = await ask(`api/search?q=${encodeURIComponent(query)}`, signal);
    show(found);
    status.textContent = said(found);
  } catch (error) {
    if (error.name === "AbortError") return;
    status.textContent = `The search failed: ${error.message}`;
  }
  hits.ariaBusy = false;
}

function said({ hits }) {
  const moved = hits.filter((hit, place) => hit.nearness !== place + 1).length;
  return `${notes(hits.length)}, most relevant first; the reranker moved ${moved}.`;
}

function show(found) {
  const moods = found.moods.map(({ label, score }) => `${label} ${score.toFixed(2)}`);
  mood.textContent = moods.length ? `What you typed reads as ${moods.join(", ")}.` : "";
  hits.replaceChildren(...found.hits.map(hitItem));
}

function hitItem(hit, index) {
  const item = copyOf("hit");
  const put = (selector, text) => (item.querySelector(selector).textContent = text);
  put("h2", hit.title);
  put(".topic", hit.topic);
  put(".text", hit.text);
  put(".relevance", hit.relevance.toFixed(3));
  put(".nearness", `${moved(hit.nearness, index + 1)} (cosine ${hit.similarity.toFixed(2)})`);
  item.querySelector("meter").value = hit.relevance;
  item.querySelector(".moods").append(...hit.moods.map(moodItem));
  return item;
}

function moved(from, to) {
  if (from === to) return `place ${from}`;
  return `place ${from}, ${from > to ? "up" : "down"} ${Math.abs(from - to)}`;
}

function moodItem({ label, score }) {
  const item = copyOf("mood-of");
  item.querySelector(".label").textContent = label;
  item.querySelector(".score").textContent = score.toFixed(2);
  return item;
}

function describe({ documents, model_id, dimensions, emulator, spaces, outdated }) {
  const shape = dimensions ? `, ${dimensions} dimensions` : "";
  const toys = emulator ? " on an emulator: its scores count shared words and say nothing of the model" : "";
  document.querySelector("#about").textContent = `${notes(documents)}, embedded by ${model_id}${shape}${toys}`;
  document.querySelector("#outdated").textContent = outdated ? "Settings or index have changed and cannot be used; the service's log says why." : "";
  document.querySelector("#spaces").hidden = !spaces.length;
  document.querySelector("#spaces ul").replaceChildren(...spaces.map((it) => spaceItem(it, documents)));
}

function spaceItem({ role, model_id, searched, documents }, all) {
  const item = copyOf("space");
  item.querySelector(".role").textContent = role;
  item.querySelector(".model").textContent = model_id;
  item.querySelector(".index").textContent = indexOf(searched, documents, all);
  const progress = item.querySelector("progress");
  if (searched || documents === null || documents >= all) progress.remove();
  else Object.assign(progress, { max: all, value: documents, ariaLabel: `the index of ${model_id}` });
  if (searched) item.ariaCurrent = "true";
  return item;
}

function indexOf(searched, documents, all) {
  if (documents === null) return "no index yet";
  if (searched) return `searched: ${notes(documents)}`;
  if (documents >= all) return `index complete: ${notes(documents)}`;
  return `index ${Math.floor((100 * documents) / all)} % full: ${documents.toLocaleString("en")} of ${notes(all)}`;
}

function notes(count) {
  return count === 1 ? "1 note" : `${count.toLocaleString("en")} notes`;
}

function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

function asked() {
  return new URLSearchParams(location.search).get("q")?.trim() ?? "";
}

function goTo(query) {
  history.pushState(null, "", `?q=${encodeURIComponent(query.toWellFormed())}`);
  open();
}

function open() {
  input.value = asked();
  search(asked());
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (input.value.trim()) goTo(input.value.trim());
});
document.querySelector(".examples").addEventListener("click", (event) => {
  if (!event.target.href || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  goTo(new URL(event.target.href).searchParams.get("q"));
});
addEventListener("popstate", open);

open();
async function look() {
  if (document.hidden) return;
  try {
    describe(await ask("api/about"));
  } catch {
    // the next look tells more
  }
}

look();
setInterval(look, 3000);
document.addEventListener("visibilitychange", look);
