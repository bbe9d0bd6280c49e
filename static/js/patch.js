// The htmx swap “patch”: each part of an answer changes the element with its id in place, so that focus, an open menu,
// a selection and the scroll position survive. Parts without a place on the page are left out. Only nodes of the same
// name and id are changed into each other: one machine's card never becomes another's. What is there keeps its order, and
// what somebody opened stays open.
const shown = node => node.nodeType === Node.ELEMENT_NODE || (node.nodeType === Node.TEXT_NODE && node.data.trim())
const parts = parent => [...parent.childNodes].filter(shown)

export function patch(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return old.replaceWith(fresh)
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data
    return
  }
  if (old.nodeName === 'TIME' && old.dateTime === fresh.dateTime && old.dataset.as === fresh.dataset.as) return // time.js tells it
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name)
  const before = parts(old)
  const after = parts(fresh)
  if (after.some(node => node.id) || before.some(node => node.id)) patchNamed(old, before, after)
  else {
    after.forEach((node, at) => (at < before.length ? patch(before[at], node) : old.append(node)))
    before.slice(after.length).forEach(node => node.remove())
  }
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

window.htmx?.defineExtension('patch', {
  isInlineSwap: style => style === 'patch',
  handleSwap(style, target, answer) {
    if (style !== 'patch') return false
    for (const part of answer.querySelectorAll('[id]:not([id] [id])')) {
      const place = document.getElementById(part.id)
      if (place) patch(place, part)
    }
    return []
  },
})
