// Searches as one types, 300 ms after the last key; the address follows.
const form = document.getElementById('search')
let timer = 0

function search() {
  clearTimeout(timer)
  htmx.trigger(form, 'search-typed')
}

if (form && window.htmx) {
  form.addEventListener('input', event => {
    if (event.target.name !== 'q') return
    clearTimeout(timer)
    timer = setTimeout(search, 300)
  })
  form.addEventListener('change', event => event.target.name === 'group' && form.requestSubmit())
  form.addEventListener('submit', event => {
    if (document.activeElement?.id !== 'q') return
    event.preventDefault()
    search()
  })
  // The board asks for another view from now on.
  document.body.addEventListener('htmx:afterSwap', event => {
    if (event.target === form) htmx.process(document.getElementById('poll'))
  })
}
