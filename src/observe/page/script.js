'use strict';
// Live figures, search and sparklines. Without it the page is whole, and refreshes itself where the file says so.
(function () {
  var root = document.documentElement, points = new Map(), KEEP = 60, pause = false, timer = 0;
  root.classList.add('scripted');
  var find = document.getElementById('find'), live = document.getElementById('live'), said = document.getElementById('said');
  var every = Math.max(2000, 1000 * (Number(document.body.dataset.refresh) || 3));

  function search() {
    var words = find.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    document.querySelectorAll('section').forEach(function (section) {
      var any = false;
      section.querySelectorAll('tbody tr').forEach(function (row) {
        var text = (section.dataset.name + ' ' + row.dataset.name + ' ' + row.dataset.state).toLowerCase();
        var hit = words.every(function (w) { return text.includes(w); });
        row.hidden = !hit;
        any = any || hit;
        shown += hit ? 1 : 0;
      });
      section.hidden = !any;
    });
    said.textContent = words.length ? shown + ' rows' : '';
  }

  function path(values, most) {
    return values.map(function (v, i) {
      return (i ? 'L' : 'M') + (i * 90 / (KEEP - 1)).toFixed(1) + ',' + (18 - 16 * v / most).toFixed(1);
    }).join('');
  }

  // The rate in one colour, the time of answers in the other; each against its own most.
  function sparks() {
    document.querySelectorAll('thead tr:first-child').forEach(function (head) {
      if (!head.querySelector('.trend')) {
        var th = document.createElement('th');
        th.className = 'trend';
        th.rowSpan = 2;
        th.textContent = 'Rate, time';
        th.scope = 'col';
        head.querySelector('th[scope=col]').after(th);
      }
    });
    document.querySelectorAll('tbody tr').forEach(function (row) {
      var past = points.get(row.id) || { rate: [], time: [] };
      past.rate.push(Number(row.dataset.rate) || 0);
      past.time.push(Number(row.dataset.time) || 0);
      past.rate = past.rate.slice(-KEEP);
      past.time = past.time.slice(-KEEP);
      points.set(row.id, past);
      var cell = row.querySelector('td.trend');
      if (!cell) {
        cell = document.createElement('td');
        cell.className = 'trend';
        row.querySelector('th').after(cell);
      }
      var mostRate = Math.max.apply(null, past.rate), mostTime = Math.max.apply(null, past.time);
      var label = 'at most ' + mostRate + ' a second' + (row.dataset.time ? ', ' + mostTime + ' ms' : '');
      cell.innerHTML = '<svg class="spark" viewBox="0 0 90 20" preserveAspectRatio="none" role="img"><title></title>' +
        '<path d="' + path(past.rate, mostRate || 1) + '"/>' +
        (row.dataset.time ? '<path d="' + path(past.time, mostTime || 1) + '"/>' : '') + '</svg>';
      cell.querySelector('title').textContent = label;
    });
  }

  function take(fresh) {
    var process = fresh.getElementById('process');
    if (process) document.getElementById('process').innerHTML = process.innerHTML;
    fresh.querySelectorAll('section').forEach(function (section) {
      var old = document.getElementById(section.id);
      if (!old) { location.reload(); return; }
      section.querySelectorAll('tbody tr').forEach(function (row) {
        var mine = document.getElementById(row.id);
        if (!mine) { old.querySelector('tbody').insertBefore(document.importNode(row, true), old.querySelector('tr.backend')); return; }
        var picked = mine.querySelector('.pick input'), news = row.querySelector('.pick input');
        if (picked && news) news.checked = picked.checked;
        // Somebody reads or fills this row now: it waits.
        if (mine.contains(document.activeElement) && document.activeElement !== document.body) return;
        mine.className = row.className;
        Object.assign(mine.dataset, { rate: row.dataset.rate || '', time: row.dataset.time || '', state: row.dataset.state });
        mine.innerHTML = row.innerHTML;
        if (news && news.checked) mine.querySelector('.pick input').checked = true;
      });
      old.querySelectorAll('tbody tr').forEach(function (row) {
        if (!section.querySelector('#' + CSS.escape(row.id))) row.remove();
      });
    });
    sparks();
    search();
  }

  function look() {
    var began = Date.now();
    fetch(document.body.dataset.self, { credentials: 'same-origin', cache: 'no-store' }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status + ' ' + answer.statusText);
      return answer.text();
    }).then(function (text) {
      take(new DOMParser().parseFromString(text, 'text/html'));
      live.title = '';
      live.classList.remove('bad');
    }).catch(function (error) {
      live.title = String(error);
      live.classList.add('bad');
      live.textContent = 'Live: no answer';
    }).finally(function () {
      if (live.title === '' && !pause) live.textContent = 'Live: on';
      // A large page is asked for less often.
      plan(Math.max(every, 20 * (Date.now() - began)));
    });
  }

  function plan(after) {
    clearTimeout(timer);
    if (!pause) timer = setTimeout(function () { if (document.hidden) plan(every); else look(); }, after);
  }

  live.addEventListener('click', function () {
    pause = !pause;
    live.setAttribute('aria-pressed', String(!pause));
    live.textContent = pause ? 'Live: off' : 'Live: on';
    plan(0);
  });
  find.addEventListener('input', search);
  document.addEventListener('keydown', function (e) {
    if (e.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); find.focus(); }
    if (e.key === 'Escape' && document.activeElement === find) { find.value = ''; search(); }
  });
  document.querySelectorAll('input.all').forEach(function (all) {
    all.addEventListener('change', function () {
      all.closest('form').querySelectorAll('input[name=s]').forEach(function (one) {
        if (!one.closest('tr').hidden) one.checked = all.checked;
      });
    });
  });
  sparks();
  plan(every);
})();
