// A worker, as the timers of a page that nobody looks at come late.
setInterval(() => postMessage(0), 20000)
