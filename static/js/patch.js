// The htmx swap “patch”: each part of an answer changes the element with its id in place, so that focus, menus, selection
// and scroll survive. Only nodes of one name and id become each other: no card another machine's. The order stays.
const KEPT = new Set(['open', 'aria-busy'])
const shown = node => node.nodeType === Node.ELEMENT_NODE || (node.nodeType === Node.TEXT_NODE && node.data.trim())
const parts = parent => [...parent.childNodes].filter(shown)

export function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return swap(old, fresh)
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data
    return
  }
  if (old.nodeName === 'TIME' && old.dateTime === fresh.dateTime && old.dataset.as === fresh.dataset.as) return // time.js tells it
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name)
  const before = parts(old)
  const after = parts(fresh)
  if (after.some(node => node.id) || before.some(node => node.id)) patchNamed(old, before, after)
  else {
    after.forEach((node, at) => (at < before.length ? patch(before[at], node) : old.append(node)))
    before.slice(after.length).forEach(node => node.remove())
  }
}

// Focus stays on its card. A key that became another one gets it only where a press does nothing yet.
function swap(old, fresh) {
  const held = old.contains(document.activeElement)
  old.replaceWith(fresh)
  if (held) (fresh.ariaDisabled ? fresh : fresh.closest('.card, .vm')?.querySelector('a'))?.focus({ preventScroll: true })
}

function patchNamed(parent, before, after) {
  const named = new Map(before.filter(node => node.id).map(node => [node.id, node]))
  const rest = before.filter(node => !node.id)
  let last = null
  for (const node of after) {
    const old = node.id ? named.get(node.id) : rest.shift()
    named.delete(node.id)
    if (!old) last ? last.after(node) : parent.prepend(node)
    else if (old.nodeName === node.nodeName) patch(old, node)
    else old.replaceWith(node)
    last = old?.isConnected ? old : node
  }
  for (const node of [...named.values(), ...rest]) node.remove()
}

// Puts the parts of an answer in their places.
export function place(answer) {
  for (const part of answer.querySelectorAll('[id]:not([id] [id])')) {
    const old = document.getElementById(part.id)
    if (old) patch(old, part)
  }
}

window.htmx?.defineExtension('patch', {
  isInlineSwap: style => style === 'patch',
  handleSwap(style, target, answer) {
    if (style !== 'patch') return false
    place(answer)
    return []
  },
})
