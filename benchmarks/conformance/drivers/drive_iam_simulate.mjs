// iam-simulate: `runSimulation`.
import { Inexpressible, loadModule, Refused, run } from './loop.mjs'

const { runSimulation } = await loadModule('@cloud-copilot/iam-simulate')
const NAMES = { Allowed: 'allow', ExplicitlyDenied: 'explicit_deny', ImplicitlyDenied: 'implicit_deny' }

async function decide(call) {
  const response = await runSimulation(call, {})
  if (response.resultType === 'error') throw new Refused(response.errors.message)
  const results = response.results ?? [response.result]
  if (results.some(result => result.ignoredContextKeys?.length)) {
    throw new Inexpressible('context keys that it says it ignores for the action')
  }
  return NAMES[response.overallResult] ?? String(response.overallResult)
}

await run(['@cloud-copilot/iam-simulate'], async calls => {
  const decisions = []
  for (const call of calls) decisions.push(await decide(call))
  return { decisions }
})
