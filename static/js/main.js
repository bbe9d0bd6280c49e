// One small module per concern; each finds what it needs on the page or does nothing.
import './time.js'
import './theme.js'
import './copy.js'
import './menu.js'
import './keys.js'
import './patch.js'
import './search.js'
import './poll.js'
