// The htmx swap “patch”: each part of an answer changes the element with its id in place, so that focus, menus, selection
// and scroll survive. Only nodes of one name and id become each other: no card another machine's. The order stays.
import { tick } from './time.js'

const KEPT = /^(open|aria-busy)$/
const CARD = /<(article|tr)[^>]* id="(m\d+)"[^]*?<\/\1>/g
const later = new Map() // an answer's cards by id
const parts = parent => [...parent.childNodes].filter(node => node.data?.trim() ?? true)

function patch(old, fresh) {
  if (fresh.nodeName === 'TEMPLATE' || old.isEqualNode(fresh)) return
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return swap(old, fresh)
  if (old.data) return (old.data = fresh.data)
  if (old.nodeName === 'TIME' && old.dateTime === fresh.dateTime && old.dataset.as === fresh.dataset.as) return // time.js tells it
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !KEPT.test(name)) old.removeAttribute(name)
  const rest = parts(old)
  let last
  for (const node of parts(fresh)) {
    const at = rest.findIndex(each => each.id === node.id)
    const found = at >= 0 && rest.splice(at, 1)[0]
    if (found) patch(found, node)
    else last ? last.after(node) : old.prepend(node)
    last = found.isConnected ? found : node
  }
  for (const node of rest) node.remove()
}

// Focus stays on its card. A key that became another one gets it only where a press does nothing yet.
function swap(old, fresh) {
  const held = old.contains(document.activeElement)
  old.replaceWith(fresh)
  if (held) (fresh.ariaDisabled ? fresh : fresh.closest('.card, .vm')?.querySelector('a'))?.focus({ preventScroll: true })
}

function put(answer) {
  for (const part of answer.querySelectorAll('[id]:not([id] [id])')) {
    const old = document.getElementById(part.id)
    if (old) patch(old, part)
  }
}

// A whole board at once would hold up who types or scrolls: its cards follow in short tasks.
function follow(ms = 12) {
  const until = performance.now() + ms
  const part = document.createElement('template')
  for (const [id, html] of later) {
    if (performance.now() > until) return setTimeout(() => follow() || tick())
    later.delete(id)
    part.innerHTML = html
    put(part.content)
  }
}

// Puts the parts of an answer in their places.
export function place(answer) {
  follow(Infinity)
  put(answer)
}

window.htmx?.defineExtension('patch', {
  transformResponse: text =>
    text.replace(CARD, (html, tag, id) => {
      if (!document.getElementById(id)) return html
      later.set(id, html)
      return `<template id="${id}"></template>`
    }),
  handleSwap(style, target, answer) {
    put(answer)
    follow()
    return []
  },
})
