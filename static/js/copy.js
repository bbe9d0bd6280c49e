// A press on an address or an id copies it, and says so in place without moving anything; of a secret it says `data-said`.
import { say } from './toasts.js'

export async function copy(text, near, said) {
  const words = document.getElementById('words').dataset
  try {
    await navigator.clipboard.writeText(text)
    say(said ?? words.copied.replace('%(text)s', () => text))
    flash(near, words.flash)
  } catch {
    say(words.uncopied)
    flash(near, words.failed)
  }
}

function flash(near, word) {
  near.dataset.flash = word
  setTimeout(() => delete near.dataset.flash, 1200)
}

document.addEventListener('click', event => {
  const button = event.target.closest('button.copy')
  if (button) copy(button.textContent, button, button.dataset.said)
})
