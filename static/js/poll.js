// Asks for news each 2 s while somebody looks, each second while a machine moves because of them: one request at a time,
// and 4 times as long a pause as the last answer took, up to 30 s. Without an answer the page says since when, and heals.
import { freeze, now, tick } from './time.js'

const LEAST = 2000
const MOST = 30000
const PATIENT = 10000 // for an answer, and after none
const PATIENCE = 2
const SILENCE = 12 // seconds without any answer
const poll = document.getElementById('poll')
const main = document.getElementById('main')
const plainTitle = document.title.replace(/^\(\d+\) /, '')
const was = new Map() // what said “Running” before nobody knew
let timer = 0
let asked = 0
let failures = 0
let silent = 0
let answeredAt = now()

const lost = () => document.getElementById('lost')
const state = () => document.querySelector('[data-since]')?.dataset
const good = status => status >= 200 && status < 500

function ask() {
  if (document.hidden) return
  clearTimeout(timer)
  timer = setTimeout(ask, PATIENT) // should it never end
  asked = performance.now()
  htmx.trigger(poll, 'poll')
}

function answered({ detail }) {
  if (detail.elt !== poll) return
  const status = detail.xhr.status
  if (status === 404) return location.reload() // not ours to see any more
  const failed = !good(status)
  if (failed && ++failures >= PATIENCE) lose()
  const least = state()?.own === '' ? LEAST / 2 : LEAST
  const slow = Math.max(least, 4 * (performance.now() - asked))
  const pause = failed ? Math.min(PATIENT, failures * LEAST) : Math.min(MOST, slow)
  clearTimeout(timer)
  timer = setTimeout(ask, pause)
  if (!failures) silent = (LEAST - pause) / 1000
}

// By any answer, before it is put into the page.
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
  for (const time of notice.querySelectorAll('time')) Object.assign(time, { dateTime: at, title: '' })
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

// A timeline's days are the viewer's; the server heads those of UTC.
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
  setInterval(() => !document.hidden && ++silent >= SILENCE && lose(), 1000)
}
