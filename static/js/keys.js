// Shortcuts; #shortcuts lists them, and switches them off (WCAG 2.1.4); the browser remembers it.
const choice = document.getElementById('keys-on')

function remembered(change) {
  try {
    return change(localStorage)
  } catch {
    return null // it holds for this page
  }
}

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

if (choice) {
  choice.checked = remembered(kept => kept.getItem('keys')) !== 'off'
  choice.addEventListener('change', () => remembered(kept => kept.setItem('keys', choice.checked ? 'on' : 'off')))
}

document.addEventListener('keydown', event => {
  const act = keys[event.key]
  if (!act || !choice?.checked || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector('dialog[open]')) return
  event.preventDefault()
  act()
})
