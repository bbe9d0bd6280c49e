// The page's live region: what is said when there is time. What cannot wait stands in a notice with role="alert".
export function say(text) {
  const region = document.getElementById('said')
  if (region) region.textContent = region.textContent === text ? text + '\u00a0' : text
}
