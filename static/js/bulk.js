// How many machines are selected, and whether the panel answers while it asks for them.
const bar = document.getElementById('bulk')
const away = document.getElementById('away')

function count() {
  const { all, picked } = bar.elements
  const n = all.checked ? all.dataset.n : document.querySelectorAll('[name="machine"]:checked').length
  picked.value = picked.dataset.told.replace('%d', n)
}

if (bar) for (const name of ['change', 'pageshow', 'htmx:afterSwap']) addEventListener(name, count)
if (away) addEventListener('htmx:afterRequest', ({ detail }) => (away.hidden = detail.successful))
