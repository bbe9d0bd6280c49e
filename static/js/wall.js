// A screen that nobody sits at, for months: asks for news each 5 s, one request at a time; says when the panel does not
// answer, and heals; loads itself anew for a new version; is blank once its link is withdrawn. Nothing grows.
import { tick } from './time.js'

const PAUSE = 5000
const MOST = 60000
const PATIENCE = 12000 // ms without an answer
const SECOND = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', hourCycle: 'h23' })
const { live, build } = document.body.dataset
const lost = document.getElementById('lost')
let answeredAt = Date.now()
let failures = 0

const screen = () => document.getElementById('wall')

function answered() {
  failures = 0
  answeredAt = Date.now()
  lost.hidden = true
  document.body.classList.remove('lost')
  document.getElementById('at').textContent = SECOND.format(answeredAt)
}

function blank() {
  const over = document.createElement('main')
  over.className = 'over'
  over.append(document.getElementById('over').content.cloneNode(true))
  screen().replaceWith(over)
  lost.hidden = true
  document.body.classList.remove('lost')
}

function lose() {
  failures += 1
  if (Date.now() - answeredAt < PATIENCE) return
  lost.querySelector('time').textContent = SECOND.format(answeredAt)
  lost.hidden = false
  document.body.classList.add('lost')
}

async function ask() {
  const address = `${live}?since=${screen().dataset.since}`
  const answer = await fetch(address, { cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(PATIENCE) })
  if (answer.status === 410 || answer.status === 404) return blank()
  if (answer.status !== 200 && answer.status !== 204) throw new Error(answer.status)
  if (answer.headers.get('Wall-Build') !== build) return location.reload()
  if (answer.status === 200) {
    const holder = document.createElement('template')
    holder.innerHTML = await answer.text()
    screen().replaceWith(holder.content.firstElementChild)
    tick()
  }
  answered()
}

async function round() {
  try {
    await ask()
  } catch {
    lose()
  }
  if (screen()) setTimeout(round, Math.min(MOST, PAUSE * 2 ** Math.min(4, Math.max(0, failures - 3))))
}

answered()
setTimeout(round, PAUSE)
