// Power buttons: links that ask open their question in a dialog, or are followed where it does not come; forms that act
// are sent in the background. A press of which nobody knows is sent again only as the same.
import { place } from './patch.js'
import { tick } from './time.js'
import { show, toast } from './toasts.js'

const under = new Set()
const unanswered = new Map()
const act = document.getElementById('act')
const dialog = document.body.appendChild(document.createElement('dialog'))
let opener // of a menu

// The parts of an answer, nothing where it was a sentence, which is shown. Throws where none came.
export async function call(url, options) {
  const headers = { 'HX-Request': 'true', 'HX-Current-URL': location.href }
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(20000), ...options })
  const away = answer.headers.get('HX-Redirect')
  if (away) return location.assign(away)
  if (answer.status >= 500) throw answer
  const text = await answer.text()
  if (!/html/.test(answer.headers.get('Content-Type'))) return toast(text)
  const parts = document.createElement('template')
  parts.innerHTML = text
  return parts.content
}

// Shows at once that it was pressed, and lets nobody press it again meanwhile.
async function busy(element, url, deed, shown = element) {
  if (under.has(url)) return
  under.add(url)
  shown.ariaBusy = 'true'
  try {
    await deed(element, url)
  } finally {
    under.delete(url)
    shown.ariaBusy = null
  }
}

async function ask(link, url) {
  try {
    const question = (await call(url))?.querySelector('#ask')
    if (!question) return
    dialog.replaceChildren(question)
    dialog.ariaLabel = question.querySelector('h1').textContent
    tick()
    if (dialog.open) return question.querySelector('[autofocus]').focus()
    const menu = link.closest('[popover]')
    menu ? menu.hidePopover() : link.focus()
    dialog.showModal()
  } catch {
    location.assign(url)
  }
}

async function press({ form }, url) {
  const body = unanswered.get(url) ?? new FormData(form)
  unanswered.set(url, body)
  body.set('place', act.elements.place.value)
  let answer
  try {
    answer = await call(url, { method: 'POST', body })
    unanswered.delete(url)
  } catch {
    toast(act.dataset.lost, act.dataset.advice)
  }
  if (dialog.contains(form) && !answer?.querySelector('#ask')) dialog.close()
  if (!answer) return
  place(answer)
  answer.querySelectorAll('.toast').forEach(show)
  window.htmx?.trigger(document.body, 'htmx:afterSwap')
}

document.addEventListener('click', event => {
  opener = event.target.closest('[popovertarget]') ?? opener
  const link = event.target.closest('a.ask, .acts > a:not([href$="/console/"]), dialog .keep')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  link.matches('.keep') ? dialog.close() : busy(link, link.href, ask)
})
document.addEventListener('submit', event => {
  const { target: form, submitter: button } = event
  if (!act || !button || !form.matches('#act, dialog .act')) return
  event.preventDefault()
  const menu = button.closest('[popover]')
  menu?.hidePopover()
  busy(button, button.hasAttribute('formaction') ? button.formAction : form.action, press, menu ? opener : button)
})
