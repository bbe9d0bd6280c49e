// Keeps every <time data-as> right in the viewer's zone; the server tells it in UTC (vps/services/times.py).
const root = document.documentElement
const skew = Date.now() - Number(root.dataset.now) * 1000
const words = document.getElementById('words')?.dataset ?? {}
const zoned = options => new Intl.DateTimeFormat(root.lang === 'en' ? 'en-GB' : root.lang, options)
const clock = zoned({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const day = zoned({ day: 'numeric', month: 'short' })
const date = zoned({ dateStyle: 'long' })
const exact = zoned({ dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
let frozen = null

// The server's clock, which the moments are told by.
export const now = () => Date.now() - skew

// Without news what counts up stands still.
export function freeze(at) {
  frozen = at
  tick()
}

export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(seconds / 3600)
  if (seconds < 60) return put(words.s, seconds)
  if (minutes < 60) return put(words.min, minutes)
  if (hours < 24) return minutes % 60 ? put(words.hmin, hours, minutes % 60) : put(words.h, hours)
  return put(words.d, Math.floor(hours / 24))
}

const put = (frame, ...values) => frame.replace(/%\(\w+\)[sd]/g, () => values.shift())
const zones = { clock, day, date, exact }
const counting = { up: true, for: true }

// What is left until then, or since when it is over.
const expires = at => (at > now() ? put(words.expires, span(at - now())) : put(words.expired, span(now() - at)))

// A time of day, with the day where that is not today.
const when = at => (day.format(at) === day.format(now()) && now() - at < 864e5 ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`)

function told(kind, at) {
  if (kind === 'when') return when(at)
  if (kind === 'expires') return expires(at)
  if (zones[kind]) return zones[kind].format(at)
  return put(words[kind], span((counting[kind] && frozen ? frozen : now()) - at))
}

export function tick() {
  for (const element of document.querySelectorAll('time[data-as][datetime]')) {
    const at = Date.parse(element.dateTime)
    const text = told(element.dataset.as, at)
    if (element.textContent !== text) element.textContent = text
    element.title ||= exact.format(at)
  }
  for (const bar of document.querySelectorAll('time ~ progress')) {
    const at = Date.parse(bar.parentElement.querySelector('time').dateTime)
    bar.value = Math.floor(((frozen ?? now()) - at) / 1000)
  }
}

tick()
setInterval(() => document.hidden || tick(), 1000)
document.addEventListener('visibilitychange', () => document.hidden || tick())
