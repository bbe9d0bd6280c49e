// Keys that a browser keeps for itself, text that is typed, and the way out of the captured keyboard.
import { toast } from '../toasts.js'
import { rfb } from './screen.js'

const find = id => document.getElementById(id)
const keys = find('keys')
const paste = find('paste')
const clip = find('clip')
const pasting = find('open-paste')
const says = find('says').dataset
const SHIFT = 0xffe1
const SHIFTED = /[A-Z~!@#$%^&*()_+{}|:"<>?]/ // on an English keyboard, which most machines take theirs to be
const PACE = 20 // milliseconds a key, which a machine's keyboard can follow
let alone = false

function press(...symbols) {
  for (const symbol of symbols) rfb.sendKey(symbol, null, true)
  for (const symbol of symbols.reverse()) rfb.sendKey(symbol, null, false)
}

// All of it into one connection: the rest of a line, run in the next one, could be any command.
async function type(text) {
  const mine = rfb
  const letters = [...text.replace(/\r?\n/g, '\r')]
  pasting.ariaBusy = 'true'
  try {
    for (const [at, letter] of letters.entries()) {
      if (at) await new Promise(done => setTimeout(done, PACE))
      if (rfb !== mine || find('main').dataset.case !== 'open') {
        return toast(says.part.replace('%n', at).replace('%m', letters.length), says.look)
      }
      const point = letter.codePointAt()
      const symbol = point + (point < 32 ? 0xff00 : point < 256 ? 0 : 0x1000000)
      press(...(SHIFTED.test(letter) ? [SHIFT, symbol] : [symbol]))
    }
  } finally {
    pasting.ariaBusy = null
  }
}

keys.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (!button) return
  press(...button.dataset.keys.split(' ').map(key => parseInt(key, 16)))
  keys.hidePopover()
  rfb.focus()
})
pasting.addEventListener('click', () => (pasting.ariaBusy ? toast(says.typing) : paste.showModal()))
paste.addEventListener('close', () => {
  if (paste.returnValue === 'type') type(clip.value)
  if (paste.returnValue === 'clip') rfb.clipboardPasteFrom(clip.value)
  clip.value = paste.returnValue = ''
  rfb.focus()
})
find('full').addEventListener('click', () => {
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
})

// Ctrl + Alt + Shift, pressed and let go with no other key. noVNC lets all keys go when the window seems to lose the focus.
addEventListener('keydown', event => {
  alone = event.ctrlKey && event.altKey && event.shiftKey && /Control|Alt$|Shift|Meta/.test(event.key)
}, true)
addEventListener('keyup', () => {
  if (!alone) return
  alone = false
  dispatchEvent(new Event('blur'))
  find('open-keys').focus()
}, true)
