// iam-policy: the validator of the document's kind.
import { loadModule, run } from './loop.mjs'

const validators = await loadModule('@cloud-copilot/iam-policy')

await run(['@cloud-copilot/iam-policy'], async ([{ function: name, document }]) => ({
  found: validators[name](document).map(error => `malformed:${error.message}`)
}))
