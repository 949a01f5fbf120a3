// iam-simulate: `runSimulation`, or with `unchecked` as a second argument `runUnsafeSimulation`.
import { loadModule, Refused, run } from './loop.mjs'

const { runSimulation, runUnsafeSimulation } = await loadModule('@cloud-copilot/iam-simulate')
const isUnchecked = process.argv[3] === 'unchecked'
const NAMES = { Allowed: 'allow', ExplicitlyDenied: 'explicit_deny', ImplicitlyDenied: 'implicit_deny' }

async function decide(call) {
  if (isUnchecked) {
    const result = await runUnsafeSimulation(call, {})
    return NAMES[result] ?? String(result)
  }
  const response = await runSimulation(call, {})
  if (response.resultType === 'error') throw new Refused(response.errors.message)
  return NAMES[response.overallResult] ?? String(response.overallResult)
}

await run(['@cloud-copilot/iam-simulate'], async calls => {
  const decisions = []
  for (const call of calls) decisions.push(await decide(call))
  return { decisions }
})
