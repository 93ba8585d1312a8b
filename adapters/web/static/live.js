// Keeps the page of an hour up to date: what changed comes as events, each with
// the place from which the browser goes on when the connection was lost.
"use strict";
(() => {
  const article = document.querySelector("article[data-hour]");
  if (!article || !window.EventSource) return;
  const id = article.dataset.hour, sections = document.getElementById("sections"), hero = document.getElementById("hero");
  const news = document.getElementById("news"), pause = document.getElementById("pause"), messages = document.getElementById("messages");
  const ahead = Number(article.dataset.now) - Date.now(); // the community's clock against this one
  let paused = false, held = [], unread = 0;

  const html = (text) => { const t = document.createElement("template"); t.innerHTML = text.trim(); return t.content.firstElementChild; };
  const byTime = (list, li) => {
    const at = Number(li.dataset.at);
    let next = null;
    for (let x = list.lastElementChild; x && Number(x.dataset.at) > at; x = x.previousElementSibling) next = x;
    list.insertBefore(li, next);
  };
  const listFor = (e) => {
    const top = e.under && document.getElementById("m-" + e.under);
    if (top) {
      let list = top.querySelector(":scope > ol");
      if (!list) { list = document.createElement("ol"); top.append(list); }
      return list;
    }
    const section = document.getElementById("q" + e.question) || document.getElementById("q0");
    return section && section.querySelector("ol.lines");
  };
  const handlers = {
    put(e) {
      const li = html(e.html), old = document.getElementById("m-" + e.id), list = listFor(e);
      if (!list) return;
      if (old) {
        const replies = old.querySelector(":scope > ol");
        if (replies) li.append(replies);
        old.remove();
      } else {
        li.classList.add("new");
        unread++;
      }
      byTime(list, li);
    },
    remove(e) {
      const old = document.getElementById("m-" + e);
      if (!old) return;
      const replies = old.querySelector(":scope > ol"), list = old.parentElement;
      if (replies) for (const li of [...replies.children]) byTime(list, li);
      old.remove();
    },
    head(e) {
      if (e.state !== article.dataset.state && article.dataset.state !== "") { location.reload(); return; }
      hero.innerHTML = e.hero;
      article.dataset.end = e.end;
      if (messages) messages.textContent = e.messages;
      for (const s of e.sections) {
        let section = document.getElementById("q" + s.number);
        if (!section) {
          if (s.number === 0 && !s.gap && !s.open) continue;
          section = html(s.html);
          const next = [...sections.children].find((x) => Number(x.dataset.number) < s.number);
          sections.insertBefore(section, next || null);
        }
        section.classList.toggle("now", s.open);
        const gap = section.querySelector(".gap");
        gap.textContent = s.gap;
        gap.hidden = !s.gap;
      }
    },
    gone() { location.reload(); },
  };
  const take = (kind, data) => paused ? held.push([kind, data]) : handlers[kind](data);

  const source = new EventSource("/hour/" + id + "/live?after=" + article.dataset.upto);
  for (const kind of ["put", "head", "gone"]) source.addEventListener(kind, (e) => take(kind, JSON.parse(e.data)));
  source.addEventListener("remove", (e) => take("remove", e.data));

  // Announced calmly: how many, at most every few seconds.
  setInterval(() => {
    if (!unread) return;
    news.textContent = unread === 1 ? "1 new message" : unread + " new messages";
    unread = 0;
  }, 4000);

  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      pause.textContent = paused ? "Go on" : "Pause updates";
      if (!paused) for (const [kind, data] of held.splice(0)) handlers[kind](data);
    });
  }

  // The clock: minutes left, by the community's time.
  const tick = () => {
    const ring = hero.querySelector(".ring");
    if (!ring) return;
    const start = Number(article.dataset.start), end = Number(article.dataset.end), left = Math.max(0, end - Date.now() - ahead);
    const minutes = Math.round(Math.min(left, end - start) / 60000);
    ring.querySelector("text").textContent = minutes;
    ring.querySelector(".done").setAttribute("stroke-dasharray", Math.round(60 * (1 - Math.min(1, left / (end - start)))) + " 60");
    ring.setAttribute("aria-label", minutes === 1 ? "1 minute left" : minutes + " minutes left");
  };
  setInterval(tick, 10000);
})();
