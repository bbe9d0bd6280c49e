// One connection to a machine's screen, drawn by noVNC. What the other side says is text, and nothing else.
const find = id => document.getElementById(id)
const place = find('screen')
const real = find('real')
const heard = find('heard')
const says = find('says').dataset
const PATIENCE = 15000
const clean = text => text.replace(/\p{C}/gu, '').slice(0, 200)

export let rfb = null

// Calls on.open() at most once, then on.end(why); without the first, `why` says what kept it shut.
export async function show({ open, secret }, on) {
  const { default: RFB } = await import(place.dataset.core).catch(() => ({}))
  if (!RFB) return on.end(says.panel)
  const socket = open()
  let why = says.socket
  socket.addEventListener('open', () => (why = says.slow))
  const mine = (rfb = new RFB(place, socket, { credentials: { password: secret } }))
  const timer = setTimeout(() => mine.disconnect(), PATIENCE)
  const canvas = place.firstChild.firstChild
  canvas.tabIndex = 0
  canvas.role = 'application'
  canvas.ariaLabel = place.dataset.label
  for (const pointer of document.querySelectorAll('body > canvas')) pointer.ariaHidden = 'true'
  mine.background = ''
  fit()
  const listen = (event, heard) => mine.addEventListener(event, heard)
  listen('securityfailure', ({ detail }) => (why = says.secret + (detail.reason ? says.said.replace('%s', () => clean(detail.reason)) : '')))
  listen('credentialsrequired', () => {
    why = says.more
    mine.disconnect()
  })
  listen('desktopname', ({ detail }) => (find('desktop').textContent = clean(detail.name)))
  listen('clipboard', ({ detail }) => {
    heard.textContent = detail.text
    heard.parentElement.hidden = !detail.text
  })
  listen('connect', () => {
    clearTimeout(timer)
    on.open()
  })
  listen('disconnect', () => {
    clearTimeout(timer)
    on.end(why)
  })
}

function fit() {
  rfb.scaleViewport = real.ariaPressed !== 'true'
}

real.addEventListener('click', () => {
  real.ariaPressed = real.ariaPressed !== 'true'
  fit()
})
