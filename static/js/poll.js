// Asks for news each 2 s while somebody looks: one request at a time, seldomer where the panel is slow. Without an
// answer the page says since when, turns grey, and heals by itself.
import { freeze, now, tick } from './time.js'

const LEAST = 2000
const MOST = 30000
const PATIENCE = 2
const poll = document.getElementById('poll')
const main = document.getElementById('main')
const lost = document.getElementById('lost')
const plainTitle = document.title.replace(/^\(\d+\) /, '')
let timer = 0
let asked = 0
let failures = 0
let answeredAt = now()

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
  if (status >= 200 && status < 500) heal()
  else if (++failures >= PATIENCE) lose()
  const took = performance.now() - asked
  clearTimeout(timer)
  timer = setTimeout(ask, Math.min(MOST, Math.max(LEAST, 4 * took, failures * LEAST)))
}

function heal() {
  failures = 0
  answeredAt = now()
  if (!lost.hidden) {
    lost.hidden = true
    freeze(null)
  }
  show()
}

function lose() {
  if (!lost.hidden) return
  const at = new Date(answeredAt).toISOString()
  for (const time of lost.querySelectorAll('time')) time.dateTime = at
  lost.hidden = false
  freeze(answeredAt)
  show()
}

// What the parts of an answer mean for the page around them.
function show() {
  const { late, problems } = state() ?? {}
  main.classList.toggle('stale', late === '1' || !lost.hidden)
  if (problems === undefined) return
  const icon = document.querySelector('link[rel="icon"]')
  icon.href = problems > 0 ? icon.dataset.problem : icon.dataset.plain
  document.title = problems > 0 ? `(${problems}) ${plainTitle}` : plainTitle
}

if (poll && window.htmx) {
  document.body.addEventListener('htmx:configRequest', ({ detail }) => {
    if (detail.elt !== poll) return
    const { since, late } = state()
    Object.assign(detail.parameters, { since, late })
  })
  document.body.addEventListener('htmx:afterSwap', () => {
    tick()
    show()
  })
  document.body.addEventListener('htmx:afterRequest', answered)
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : ask()))
  addEventListener('pagehide', () => clearTimeout(timer))
  addEventListener('pageshow', event => event.persisted && ask())
  timer = setTimeout(ask, LEAST)
}
