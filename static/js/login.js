// A press shows at once and is sent once. A revealed password leaves the page after a minute, or with the page.
import { say } from './toasts.js'

const [panel, password, left, back] = ['login', 'password', 'left', 'back'].map(id => document.getElementById(id))
let pressed

document.addEventListener('submit', event => {
  if (!event.target.matches('.once')) return
  if (pressed) event.preventDefault()
  pressed = event.submitter
  pressed.ariaBusy = 'true'
})

addEventListener('pagehide', () => {
  pressed?.removeAttribute('aria-busy')
  pressed = null
  if (password) hide()
})

function hide() {
  if (password.contains(document.activeElement)) back.focus()
  password.textContent = '–'
  left.textContent = panel.dataset.over
  back.textContent = panel.dataset.again
}

if (password) {
  const until = Date.now() + panel.dataset.seconds * 1000
  const tick = () => {
    const rest = Math.ceil((until - Date.now()) / 1000)
    if (!password.firstElementChild) return
    if (rest > 0) return (left.textContent = left.textContent.replace(/\d+/, rest))
    hide()
    say(panel.dataset.over)
  }
  history.replaceState(null, '', back.href)
  setInterval(tick, 1000)
  document.addEventListener('visibilitychange', tick)
}
