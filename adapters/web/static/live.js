// Keeps the page of an hour up to date. What changed comes as events, each with
// the place from which to go on when the connection was lost.
"use strict";
(() => {
  const el = (id) => document.getElementById(id);
  let article = document.querySelector("article[data-hour]");
  if (!article || !window.EventSource) return;
  const id = article.dataset.hour;
  let source = null, last = "";
  let ahead = 0; // the community's clock against this one, in ms
  let paused = false, held = [], early = [], unread = 0;

  // Announced calmly: at most every few seconds, and messages by their number.
  const news = [];
  setInterval(() => {
    if (unread) news.push(unread === 1 ? "1 new message" : unread + " new messages");
    unread = 0;
    if (news.length) el("news").textContent = news.splice(0).join(". ");
  }, 4000);

  const html = (text) => { const t = document.createElement("template"); t.innerHTML = text.trim(); return t.content.firstElementChild; };
  const insert = (list, li) => { // by time
    let next = null;
    for (let x = list.lastElementChild; x && Number(x.dataset.at) > Number(li.dataset.at); x = x.previousElementSibling) next = x;
    list.insertBefore(li, next);
  };
  const replies = (li) => li.querySelector(":scope > ol");
  const leave = (li) => { // a thread without replies is no list
    const list = li.parentElement;
    li.remove();
    if (!list.children.length && !list.classList.contains("lines")) list.remove();
  };
  const listFor = (e) => {
    const top = e.under && el("m-" + e.under);
    if (!top) return el("q" + e.question)?.querySelector("ol.lines");
    if (!replies(top)) top.append(document.createElement("ol"));
    return replies(top);
  };

  const handlers = {
    put(e) {
      const list = listFor(e), old = el("m-" + e.id), li = html(e.html);
      if (!list) return early.push(e); // its question is not there yet: the head brings it
      if (old && old.parentElement === list && old.dataset.at === li.dataset.at) {
        old.querySelector(".said").replaceChildren(...li.querySelector(".said").childNodes);
        return;
      }
      if (old) {
        if (replies(old)) li.append(replies(old));
        leave(old);
      } else {
        li.classList.add("new");
        unread++;
      }
      insert(list, li);
    },
    remove(line) {
      early = early.filter((e) => e.id !== line);
      const old = el("m-" + line);
      if (!old) return;
      if (replies(old)) for (const li of [...replies(old).children]) insert(old.parentElement, li);
      leave(old);
    },
    head(e) {
      ahead = e.now - Date.now();
      if (e.state !== article.dataset.state) return anew(e.state);
      if (el("hero").dataset.html !== e.hero) {
        el("hero").dataset.html = e.hero;
        el("hero").innerHTML = e.hero;
      }
      Object.assign(article.dataset, { start: e.start, end: e.end });
      if (el("messages")) el("messages").textContent = e.messages;
      if (el("empty")) el("empty").hidden = !e.silent;
      for (const s of e.sections) question(s);
      for (const e of early.splice(0)) handlers.put(e);
      tick();
    },
    anew() { anew(); },
  };

  // question brings a section, or what has changed about it.
  const question = (s) => {
    const told = html(s.html);
    let section = el("q" + s.number);
    if (!section) {
      section = told;
      const next = [...el("sections").children].find((x) => Number(x.dataset.number) < s.number);
      el("sections").insertBefore(section, next || null);
      news.push(section.querySelector("h2").textContent);
    }
    const title = section.querySelector("h2"), gap = section.querySelector(".gap");
    if (title.textContent !== told.querySelector("h2").textContent) title.innerHTML = told.querySelector("h2").innerHTML;
    section.classList.toggle("now", s.open);
    gap.textContent = s.gap;
    gap.hidden = !s.gap;
  };

  // beside brings what follows from the lines: counts, links, empty sections.
  const beside = () => {
    const where = el("where"), links = el("links");
    if (!where) return;
    const rows = [];
    for (const section of el("sections").children) {
      const lines = section.querySelectorAll("li.say").length;
      section.hidden = section.id === "q0" && !lines && !section.classList.contains("now") && section.querySelector(".gap").hidden;
      if (!section.hidden) rows.push([section.id, section.querySelector("h2").textContent, lines]);
    }
    const items = [...where.querySelectorAll("li")];
    rows.forEach(([to, text, lines], i) => {
      const li = items[i] || where.querySelector("ol").appendChild(html('<li><a></a><span></span></li>'));
      li.firstElementChild.setAttribute("href", "#" + to);
      li.firstElementChild.textContent = text;
      li.lastElementChild.textContent = lines;
    });
    for (const li of items.slice(rows.length)) li.remove();
    where.hidden = !rows.some(([to]) => to !== "q0");
    const shared = [...new Set([...el("sections").querySelectorAll(".said p a")].map((a) => a.getAttribute("href")))];
    if (shared.join("\n") !== [...links.querySelectorAll("a")].map((a) => a.getAttribute("href")).join("\n")) {
      links.querySelector("ul").replaceChildren(...shared.map((href) => {
        const li = html('<li><a rel="nofollow ugc noopener noreferrer"></a></li>');
        li.firstElementChild.setAttribute("href", href);
        li.firstElementChild.textContent = href;
        return li;
      }));
    }
    links.hidden = !shared.length;
  };

  const now = (kind, data) => { handlers[kind](data); beside(); };
  const take = (kind, data) => (paused ? held.push([kind, data]) : now(kind, data));

  const status = (text) => { if (el("line") && el("line").textContent !== text) el("line").textContent = text; };
  const connect = () => {
    source = new EventSource(`/hour/${id}/live?after=${last}`);
    for (const kind of ["put", "remove", "head", "anew"]) {
      source.addEventListener(kind, (e) => {
        if (e.lastEventId) last = e.lastEventId;
        take(kind, kind === "remove" ? e.data : JSON.parse(e.data));
      });
    }
    source.addEventListener("open", () => status(""));
    source.addEventListener("error", (e) => {
      status("Not connected, trying again");
      if (e.target.readyState === EventSource.CLOSED && e.target === source) wait(back); // an answer that is no stream
    });
  };
  const wait = (then) => setTimeout(then, 2000 + 2000 * Math.random());
  const page = (method) => fetch(location.pathname, { method, cache: "no-cache" }).catch(() => null);
  const back = async () => {
    const answer = await page("HEAD");
    if (answer?.ok) connect();
    else if (answer?.status === 404) location.reload();
    else wait(back);
  };

  // anew brings the whole page afresh, as when the hour opens or closes, and
  // keeps what is being read where it is.
  const anew = async (state) => {
    source.close();
    const answer = await page("GET");
    if (answer?.status === 404) return location.reload(); // not public any more
    if (!answer?.ok) return wait(() => anew(state));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("article[data-hour]");
    if (!fresh) return location.reload();
    const read = [...document.querySelectorAll("li.say, section.q, h1")].find((x) => x.getBoundingClientRect().bottom > 0);
    const at = read?.id && read.getBoundingClientRect().top, focused = document.activeElement?.id;
    article.replaceWith(fresh);
    article = fresh;
    if (state === "closed") {
      article.prepend(html('<p class="note">The hour has closed. From here on this page is its transcript.</p>'));
      news.push("The hour has closed. This page is now its transcript");
    } else if (state === "open") news.push("The hour has begun");
    if (read?.id && el(read.id)) scrollBy({ top: el(read.id).getBoundingClientRect().top - at, behavior: "instant" });
    if (focused) el(focused)?.focus({ preventScroll: true });
    begin();
  };

  document.addEventListener("click", (e) => {
    const pause = e.target.closest("#pause");
    if (!pause) return;
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) for (const [kind, data] of held.splice(0)) now(kind, data);
  });

  // The clock: minutes left, by the community's time.
  const tick = () => {
    const ring = el("hero").querySelector(".ring");
    if (!ring) return;
    const start = Number(article.dataset.start), end = Number(article.dataset.end), left = Math.max(0, end - Date.now() - ahead);
    const minutes = Math.round(Math.min(left, end - start) / 60000), words = minutes === 1 ? "minute left" : "minutes left";
    if (ring.querySelector("text").textContent === String(minutes)) return;
    ring.querySelector("text").textContent = minutes;
    ring.querySelector(".done").setAttribute("stroke-dasharray", Math.trunc(60 * (1 - Math.min(1, left / (end - start)))) + " 60");
    ring.setAttribute("aria-label", `${minutes} ${words}`);
  };
  setInterval(tick, 5000);

  const begin = () => {
    last = article.dataset.upto;
    ahead = Number(article.dataset.now) - Date.now();
    held = [];
    early = [];
    if (!["open", "scheduled"].includes(article.dataset.state)) return;
    if (el("pause")) {
      el("pause").hidden = false;
      el("pause").setAttribute("aria-pressed", String(paused));
    }
    connect();
  };
  begin();
})();
