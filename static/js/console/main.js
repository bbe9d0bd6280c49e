// A machine's console: what stands on the page in each case, and what leads from one to the next.
import { say } from '../toasts.js'
import './keys.js'
import { post, tell, wayIn } from './panel.js'
import { rfb, show } from './screen.js'

const main = document.getElementById('main')
const says = document.getElementById('says').dataset
const TRIES = 10
const LONGEST = 30 // seconds between two of them
const STEADY = 30000 // a connection that lasted so long was a good one
let stay = '' // the panel's id of this person's being here
let tries = 0
let timer = 0
let openedAt = 0
let run = 0 // what belongs to an earlier one comes too late

const stopped = () => document.getElementById('live').dataset.stopped === '1'

function turn(to, sentence = '', href = '') {
  main.dataset.case = to
  for (const part of main.querySelectorAll('[data-for]')) part.hidden = !part.dataset.for.split(' ').includes(to)
  for (const place of main.querySelectorAll('.reason')) place.textContent = sentence
  const token = document.getElementById('token')
  token.hidden = !(token.href = href)
  say(`${main.querySelector('.lamp:not([hidden])').textContent}. ${sentence}`)
  const at = document.activeElement
  if (at !== document.body && at.checkVisibility()) return
  if (to === 'open') rfb.focus()
  else main.querySelector('.over:not([hidden]) button')?.focus()
}

// Who is not connected, and does not wait for it, is not in the console.
function end(to, sentence, href) {
  run++
  clearTimeout(timer)
  if (stay) tell(`${stay}/close/`)
  stay = ''
  tries = openedAt = 0
  if (to) turn(to, sentence, href)
}

async function connect() {
  clearTimeout(timer)
  const mine = ++run
  turn('busy')
  const way = await wayIn(stay).catch(() => ({ sentence: says.panel, again: true }))
  if (mine !== run) {
    if (way.session && way.session !== stay) tell(`${way.session}/close/`) // nobody is in it
    return
  }
  stay = way.session ?? stay
  if (!way.open) return fail(way)
  show(way, {
    open() {
      if (mine !== run) return rfb.disconnect()
      openedAt = performance.now()
      turn('open')
    },
    end(why) {
      if (mine !== run) return
      if (!openedAt) return fail({ sentence: why, again: true })
      if (performance.now() - openedAt > STEADY) tries = 0
      openedAt = 0
      retry(says.again)
    },
  }).catch(() => mine === run && fail({ sentence: says.socket, again: true }))
}

// Where there was no connection before, nothing is tried again by itself.
function fail({ sentence, again, href }) {
  if (tries && again) retry(sentence)
  else end(stopped() ? 'stopped' : 'shut', sentence, href)
}

function retry(sentence) {
  if (stopped()) return end('stopped')
  if (tries >= TRIES) return end('gone', sentence)
  const seconds = Math.min(LONGEST, 2 ** tries++)
  turn('lost', `${sentence}\n${says.next.replace('%t', tries).replace('%s', seconds)}`)
  timer = setTimeout(connect, seconds * 1000)
}

// Started meanwhile: connects by itself. Stopped meanwhile: there is nothing to wait for but its start.
function look() {
  const now = main.dataset.case
  if (stopped()) {
    if (/ready|lost|gone/.test(now)) end('stopped')
  } else if (now === 'stopped') {
    tries = 1
    connect()
  }
}

async function beat() {
  if (!stay) return
  const mine = stay
  const answer = await post(`${mine}/beat/`).catch(() => ({}))
  if (answer.status !== 403 && answer.status !== 404) return
  const sentence = await answer.text()
  if (stay !== mine) return
  end('shut', sentence)
  rfb?.disconnect()
}

main.addEventListener('click', ({ target }) => {
  if (!target.closest('[data-connect]')) return
  if (main.dataset.case !== 'lost') tries = 0
  connect()
})
document.body.addEventListener('htmx:afterSwap', look)
addEventListener('pagehide', () => end())
addEventListener('pageshow', event => event.persisted && location.reload()) // its connection is gone
new Worker(main.dataset.clock).addEventListener('message', beat)
