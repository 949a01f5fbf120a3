// pbac: `evaluate`, whose answer is a boolean; its constructor refuses policies that do not fit its schema.
import { load, Refused, run } from './loop.mjs'

const PBAC = load('pbac')

await run(['pbac'], async calls => {
  const decisions = []
  for (const { policies, ...call } of calls) {
    let evaluator
    try {
      evaluator = new PBAC(policies)
    } catch (error) {
      throw new Refused('its schema refuses a document')
    }
    decisions.push(evaluator.evaluate(call) ? 'allow' : 'deny')
  }
  return { decisions }
})
