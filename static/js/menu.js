// The board's one menu, filled for the machine whose button opens it; another's items are gone by then.
import { call } from './acts.js'
import { copy } from './copy.js'

const menu = document.getElementById('more')
let opener = null

async function fill(button) {
  opener = button
  menu.replaceChildren()
  const link = button.closest('.card, .vm').querySelector('h3 a, .name a')
  const items = await call(`${link.href}menu/`).catch(() => menu.dataset.lost)
  if (opener !== button) return
  if (!items) return menu.hidePopover()
  menu.replaceChildren(items)
  place()
}

// Where no anchor positioning is known, the menu is put under its button by hand.
function place() {
  if (CSS.supports('position-area', 'block-end')) return
  const box = opener.getBoundingClientRect()
  menu.style.top = `${Math.max(8, Math.min(box.bottom, innerHeight - menu.offsetHeight - 8))}px`
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`
}

if (menu) {
  document.addEventListener('click', event => {
    const button = event.target.closest('[popovertarget="more"]')
    if (button) fill(button)
  })
  menu.addEventListener('toggle', event => event.newState === 'open' && place())
  menu.addEventListener('click', event => {
    const item = event.target.closest('button')
    if (!item) return
    menu.hidePopover()
    if (item.dataset.value) copy(item.dataset.value, opener)
  })
}
