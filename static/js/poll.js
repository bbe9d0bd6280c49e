// Asks for news each 2 s while somebody looks: one request at a time, seldomer where the panel is slow. Without an
// answer the page says since when, turns grey, and heals by itself.
import { freeze, now, tick } from './time.js'

const LEAST = 2000
const MOST = 10000
const PATIENCE = 2
const SILENCE = 12 // seconds in which nothing was answered, whatever became of the requests
const poll = document.getElementById('poll')
const main = document.getElementById('main')
const plainTitle = document.title.replace(/^\(\d+\) /, '')
const was = new Map() // the elements that say “Was running” while nobody knows, and what they said
let timer = 0
let asked = 0
let failures = 0
let silent = 0
let answeredAt = now()

const lost = () => document.getElementById('lost')
const good = status => status >= 200 && status < 500

function state() {
  return document.querySelector('[data-since]')?.dataset
}

function ask() {
  if (document.hidden) return
  clearTimeout(timer)
  timer = setTimeout(ask, MOST) // should the request never end, or never begin
  asked = performance.now()
  htmx.trigger(poll, 'poll')
}

function answered({ detail }) {
  if (detail.elt !== poll) return
  const status = detail.xhr.status
  if (status === 404) return location.reload() // not ours to see any more
  const failed = !good(status)
  if (failed && ++failures >= PATIENCE) lose()
  const pause = failed ? failures * LEAST : Math.max(LEAST, 4 * (performance.now() - asked))
  again(Math.min(MOST, pause))
}

function again(pause) {
  clearTimeout(timer)
  timer = setTimeout(ask, pause)
  if (!failures) silent = -(pause - LEAST) / 1000 // where we ask seldom, an answer comes seldom
}

function watch() {
  if (!document.hidden && ++silent >= SILENCE) lose()
}

// Any answer of the panel will do. Before it is put into the page: it says anew what is.
function heal() {
  failures = silent = 0
  answeredAt = now()
  if (lost().hidden) return
  lost().hidden = true
  for (const [element, word] of was) element.textContent = word
  was.clear()
  freeze(null)
  show()
}

function lose() {
  const notice = lost()
  if (!notice.hidden) return
  const at = new Date(answeredAt).toISOString()
  for (const time of notice.querySelectorAll('time')) time.dateTime = at
  notice.hidden = false
  for (const [name, word] of Object.entries(notice.dataset)) {
    if (name === 'tone') continue
    for (const element of document.querySelectorAll(`.state[data-state="${name}"], [data-state="${name}"] > .state`)) {
      was.set(element, element.textContent)
      element.textContent = word
    }
  }
  freeze(answeredAt)
  show()
}

// What the parts of an answer mean for the page around them.
function show() {
  const { late, problems } = state() ?? {}
  headDays()
  main.classList.toggle('stale', late === '1' || !lost().hidden)
  if (problems === undefined) return
  const icon = document.querySelector('link[rel="icon"]')
  icon.href = problems > 0 ? icon.dataset.problem : icon.dataset.plain
  document.title = problems > 0 ? `(${problems}) ${plainTitle}` : plainTitle
}

// A timeline's days are the viewer's own; the server's, which are of UTC, may begin at another event.
function headDays() {
  let last = ''
  for (const head of document.querySelectorAll('#timeline .day')) {
    head.hidden = head.textContent === last
    last = head.textContent
  }
}

function looked() {
  if (document.hidden) return clearTimeout(timer)
  silent = 0
  ask()
}

if (poll && window.htmx) {
  document.body.addEventListener('htmx:configRequest', ({ detail }) => {
    if (detail.elt !== poll) return
    const { since, late } = state()
    Object.assign(detail.parameters, { since, late })
  })
  document.body.addEventListener('htmx:beforeOnLoad', ({ detail }) => good(detail.xhr.status) && heal())
  document.body.addEventListener('htmx:afterSwap', () => {
    tick()
    show()
  })
  document.body.addEventListener('htmx:afterRequest', answered)
  document.addEventListener('visibilitychange', looked)
  addEventListener('pagehide', () => clearTimeout(timer))
  addEventListener('pageshow', event => event.persisted && looked())
  headDays()
  timer = setTimeout(ask, LEAST)
  setInterval(watch, 1000)
}
