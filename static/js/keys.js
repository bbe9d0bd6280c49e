// Shortcuts; the list of them is the popover #shortcuts in the page's head.
const typing = element => element.closest('input, textarea, select, [contenteditable]')

function step(by) {
  const links = [...document.querySelectorAll('.card h3 a, .vm .name a')]
  if (!links.length) return
  const card = document.activeElement.closest('.card, .vm')
  const at = card ? links.findIndex(link => card.contains(link)) : by > 0 ? -1 : links.length
  links[Math.max(0, Math.min(links.length - 1, at + by))].focus()
}

function problems() {
  const [all, bad] = ['', 'problems'].map(key => document.querySelector(`#counts [data-show="${key}"]`))
  if (bad) (bad.hasAttribute('aria-current') ? all : bad).click()
}

const keys = {
  '/': () => document.getElementById('q')?.focus(),
  p: problems,
  v: () => document.querySelector('#views a:not([aria-current])')?.click(),
  j: () => step(1),
  k: () => step(-1),
  '?': () => document.querySelector('[popovertarget="shortcuts"]')?.click(),
}

document.addEventListener('keydown', event => {
  const act = keys[event.key]
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
  event.preventDefault()
  act()
})
