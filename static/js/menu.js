// The one “more” menu of the board: filled from the card whose button opens it.
import { copy } from './copy.js'

const menu = document.getElementById('more')
let opener = null

function parts(card) {
  const link = card.querySelector('h3 a, .name a')
  const [project, product] = new URL(link.href).pathname.split('/').slice(-3).map(decodeURIComponent)
  const address = card.querySelector('button.copy')?.textContent.trim() ?? ''
  const six = address.includes(':')
  return { open: link.href, name: link.textContent, v4: six ? '' : address, v6: six ? address : card.dataset.v6?.split('/')[0], project, product }
}

function fill(card) {
  for (const [part, value] of Object.entries(parts(card))) {
    const item = menu.querySelector(`[data-part="${part}"]`)
    item.parentElement.hidden = !value
    if (part === 'open') item.href = value
    else item.dataset.value = value ?? ''
  }
}

// Where no anchor positioning is known, the menu is put under its button by hand.
function place(button) {
  if (CSS.supports('position-area', 'block-end')) return
  const box = button.getBoundingClientRect()
  menu.style.top = `${Math.min(box.bottom, innerHeight - menu.offsetHeight - 8)}px`
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`
}

if (menu) {
  document.addEventListener('click', event => {
    const button = event.target.closest('[popovertarget="more"]')
    if (!button) return
    opener = button
    fill(button.closest('.card, .vm'))
  })
  menu.addEventListener('toggle', event => event.newState === 'open' && place(opener))
  menu.addEventListener('click', event => {
    const item = event.target.closest('[data-value]')
    if (!item) return
    const [text, near] = [item.dataset.value, opener]
    menu.hidePopover()
    copy(text, near)
  })
}
