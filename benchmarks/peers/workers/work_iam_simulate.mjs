// iam-simulate: the call that does not ask whether AWS has the action, with policies that were validated beforehand.
import { loadModule, serve } from './loop.mjs'

const { runUnsafeSimulation } = await loadModule('@cloud-copilot/iam-simulate')
const { createValidatedPolicy, validateIdentityPolicy } = await loadModule('@cloud-copilot/iam-policy')
const DECISIONS = { Allowed: 1, ExplicitlyDenied: 2, ImplicitlyDenied: 0 }
const ACCOUNT = '123456789012'
// A list without any control policy means that nothing is allowed by them.
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

await serve(['@cloud-copilot/iam-simulate', '@cloud-copilot/iam-policy'], own => {
  const policies = {}
  for (const [number, document] of Object.entries(own.documents)) {
    policies[number] = { name: `p${number}`, policy: createValidatedPolicy(document, validateIdentityPolicy) }
  }
  const serviceControlPolicies = [{ orgIdentifier: 'o-root', policies: [{ name: 'all', policy: EVERYTHING }] }]
  const makeModes = () => ({
    single: {
      requests: own.requests.map(([principal, action, resource, contextVariables]) => ({
        request: { principal, action, resource: { resource, accountId: ACCOUNT }, contextVariables },
        identityPolicies: own.principals[principal].map(number => policies[number]),
        serviceControlPolicies,
        resourceControlPolicies: [],
      })),
      call: simulation => runUnsafeSimulation(simulation, {}),
      read: result => DECISIONS[result] ?? `no answer: ${result}`,
    },
  })
  return { facts: { statements: Object.values(own.documents).reduce((n, d) => n + d.Statement.length, 0) }, makeModes }
})
