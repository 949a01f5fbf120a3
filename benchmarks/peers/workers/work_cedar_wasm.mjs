// Cedar as WebAssembly: policies of each principal are parsed once and kept by their name.
import { load, serve } from './loop.mjs'

await serve(['@cedar-policy/cedar-wasm'], own => {
  const cedar = load('@cedar-policy/cedar-wasm/nodejs')
  const succeed = result => {
    if (result.type !== 'success') throw new Error(JSON.stringify(result.errors).slice(0, 200))
    return result
  }
  for (const [principal, text] of Object.entries(own.cedar.policies)) succeed(cedar.preparsePolicySet(principal, { staticPolicies: text }))
  // Entities cannot be kept, so a request brings the only one that matters, its action with its groups.
  const entityOf = new Map(own.cedar.entities.map(entity => [entity.uid.id, entity]))
  const makeModes = () => ({
    single: {
      requests: own.cedar.requests.map(([principal, request]) => ({
        ...request, preparsedPolicySetId: principal, entities: [entityOf.get(request.action.id)],
      })),
      call: request => cedar.statefulIsAuthorized(request),
      read: result => {
        const { decision, diagnostics } = succeed(result).response
        return decision === 'allow' ? 1 : diagnostics.reason.length ? 2 : 0
      },
    },
  })
  return { facts: {}, makeModes }
})
