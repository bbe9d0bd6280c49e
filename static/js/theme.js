// Light or dark at once; the server remembers it.
const form = document.getElementById('theme')

form?.addEventListener('submit', event => {
  event.preventDefault()
  const root = document.documentElement
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  const next = (root.dataset.theme ?? system) === 'dark' ? 'light' : 'dark'
  const chosen = next === system ? 'system' : next
  if (chosen === 'system') delete root.dataset.theme
  else root.dataset.theme = chosen
  const body = new FormData(form)
  body.set('theme', chosen)
  fetch(form.action, { method: 'POST', body, redirect: 'manual' })
})
