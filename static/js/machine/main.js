// Reads values off a machine's charts: where the pointer or finger is, or by the slider below them.
import { tick } from '../time.js'

const SVG = 'http://www.w3.org/2000/svg'
const lanes = () => document.getElementById('lanes')
const slider = () => document.getElementById('at')
const stamp = new Intl.DateTimeFormat(document.documentElement.lang === 'en' ? 'en-GB' : document.documentElement.lang, {
  day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
})
let shown = null // the second that is read, as points come and go

const points = () => lanes().dataset.points.split(';').filter(Boolean).map(told => told.split(','))
const percent = value => (value ? `${value} %` : '–')
const highest = (value, most) => (most && most !== value ? `${percent(value)}, ${lanes().dataset.most.replace('%s', percent(most))}` : percent(value))

function words([, second, cpu, cpuMost, memory, memoryMost, disk, state]) {
  const values = [highest(cpu, cpuMost), highest(memory, memoryMost), percent(disk)].slice(0, plots().length - 1)
  return [...values, `${lanes().dataset[state]}, ${stamp.format(second * 1000)}`]
}

const plots = () => [...lanes().querySelectorAll('figure > svg')]

// A line through each chart, and its value beside it, on the side where there is room.
function mark(plot, x, text) {
  let group = plot.querySelector(':scope > .read')
  if (!group) {
    group = plot.appendChild(document.createElementNS(SVG, 'g'))
    group.setAttribute('class', 'read')
    group.setAttribute('pointer-events', 'none')
    group.append(...['line', 'text'].map(name => document.createElementNS(SVG, name)))
  }
  const [line, label] = group.children
  const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value))
  set(line, { class: 'trace', x1: `${x}%`, x2: `${x}%`, y2: '100%' })
  set(label, { x: `${x}%`, y: 9, dx: x > 92 ? -46 : x > 50 ? -6 : 6, 'text-anchor': x > 50 ? 'end' : 'start' })
  label.textContent = text
}

function read(point) {
  shown = point && point[1]
  if (!point) return plots().forEach(plot => plot.querySelector(':scope > .read')?.remove())
  const told = words(point)
  plots().forEach((plot, at) => mark(plot, point[0] / 10, told[at]))
  slider().value = points().findIndex(each => each[1] === shown)
  const names = plots().map(plot => plot.parentElement.querySelector('figcaption').firstChild.data)
  slider().setAttribute('aria-valuetext', told.map((value, at) => (at < told.length - 1 ? `${names[at]} ${value}` : value)).reverse().join('; '))
}

const nearest = (all, far) => all.reduce((best, each) => (best && far(best) <= far(each) ? best : each), null)

function follow(event) {
  const plot = event.target.closest('figure > svg')
  if (!plot || !lanes().contains(plot)) return
  const box = plot.getBoundingClientRect()
  const x = (1000 * (event.clientX - box.left)) / box.width
  read(nearest(points(), point => Math.abs(point[0] - x)))
}

// The slider is of use only where a script runs and something was heard.
function ready() {
  const all = points()
  document.getElementById('reading').hidden = !all.length
  slider().max = all.length - 1
  if (shown) read(nearest(all, point => Math.abs(point[1] - shown)))
  else slider().value = all.length - 1
}

for (const name of ['pointermove', 'pointerdown']) document.addEventListener(name, follow)
document.addEventListener('pointerout', ({ pointerType, target, relatedTarget }) => {
  const left = target.closest('figure > svg') && !relatedTarget?.closest('figure > svg')
  if (left && pointerType === 'mouse' && document.activeElement !== slider()) read(null)
})
document.addEventListener('input', event => event.target === slider() && read(points()[slider().value]))
document.addEventListener('keydown', event => event.key === 'Escape' && shown && read(null))
document.body.addEventListener('htmx:afterSwap', () => (tick(), ready()))
ready()
