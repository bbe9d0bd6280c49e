// What became of a press, in the corner. What went well leaves by itself unless somebody reads it; all else stays.
const region = document.getElementById('toasts')
const leave = toast => (toast.matches(':hover, :focus-within') ? setTimeout(leave, 2000, toast) : toast.remove())

// In the page's live region, when there is time. What cannot wait stands in a notice with role="alert".
export function say(text) {
  const said = document.getElementById('said')
  if (said) said.textContent = said.textContent === text ? text + '\u00a0' : text
}

// A toast as the server wrote it.
export function show(toast) {
  for (const old of region.children) if (old.textContent === toast.textContent) old.remove()
  region.append(toast)
  region.scrollTop = region.scrollHeight
  if (toast.role) return
  say(toast.innerText)
  setTimeout(leave, 6000, toast)
}

// A failure in a script's own words.
export function toast(...sentences) {
  const made = document.getElementById('toast').content.firstElementChild.cloneNode(true)
  made.querySelectorAll('p').forEach((line, at) => (line.firstElementChild ?? line).append(sentences[at] ?? ''))
  show(made)
}

region?.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-dismiss]')
  if (!button) return
  button.parentElement.remove()
  ;(region.querySelector('[data-dismiss]') ?? document.getElementById('main')).focus({ preventScroll: true })
})
