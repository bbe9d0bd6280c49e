// Two live regions of the page: what is said when there is time, and what is said at once.
export const say = text => tell('said', text)
export const shout = text => tell('shouted', text)

function tell(id, text) {
  const region = document.getElementById(id)
  if (region) region.textContent = region.textContent === text ? text + '\u00a0' : text
}
