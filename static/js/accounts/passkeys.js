// The browser asks for a passkey, by its own means; what it answers goes into the form, which is then sent.
const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && PublicKeyCredential.prototype.toJSON

async function optionsOf({ action, dataset: { options } }) {
  if (options) return JSON.parse(options)
  const answer = await fetch(action, {
    headers: { 'X-Requested-With': 'XMLHttpRequest' },
    signal: AbortSignal.timeout(12000),
  })
  return (await answer.json()).request_options
}

async function ask(form) {
  const { publicKey } = await optionsOf(form)
  const { credentials } = navigator
  return form.dataset.passkey === 'create'
    ? credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
}

document.addEventListener('submit', async event => {
  const form = event.target
  if (!form.dataset.passkey) return
  event.preventDefault()
  const { submitter } = event
  const error = form.querySelector('.error')
  if (submitter.ariaBusy) return
  error.textContent = ''
  error.hidden = true
  submitter.ariaBusy = 'true'
  try {
    const credential = able && (await ask(form))
    if (credential) {
      form.elements.credential.value = JSON.stringify(credential)
      return form.submit()
    }
    error.textContent = form.dataset.unable
  } catch {
    error.textContent = form.dataset.failed
  }
  error.hidden = false
  submitter.ariaBusy = null
})
addEventListener('pageshow', event => event.persisted && location.reload()) // its question was answered
