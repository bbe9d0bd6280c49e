// What this page asks of the panel and tells it. The way into the console is known here alone, and kept nowhere.
const says = document.getElementById('says').dataset

function body(fields) {
  const form = new FormData(document.getElementById('act')) // holds the proof that the page is ours
  for (const name in fields) form.set(name, fields[name])
  return form
}

// As htmx asks: a refusal is one sentence, and who is signed out is sent to sign in.
export async function post(path, fields) {
  const headers = { 'HX-Request': 'true', 'HX-Current-URL': location.href }
  const answer = await fetch(path, { method: 'POST', body: body(fields), headers, signal: AbortSignal.timeout(12000) })
  const away = answer.headers.get('HX-Redirect')
  if (!away) return answer
  location.assign(away)
  return new Promise(() => {}) // never: the page is about to go
}

export const tell = path => navigator.sendBeacon(path, body())

// A ticket for one connection: { session, open(), secret }, or why there is none: { sentence, again, href }.
export async function wayIn(session) {
  const answer = await post('ticket/', { session }).catch(() => null)
  if (!answer || answer.status >= 500) return { sentence: says.panel, again: true }
  if (!answer.ok) return { sentence: await answer.text() }
  const { url, ...way } = await answer.json()
  return url ? { ...way, open: () => new WebSocket(url) } : way
}
