// The loop of the drivers in JavaScript; see loop.py.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// The drivers lie outside the folder with the packages, so that both are found from there.
const folder = process.argv[2]
const requireThere = createRequire(join(folder, 'package.json'))
export const load = name => requireThere(name)
export const loadModule = async name => import(pathToFileURL(requireThere.resolve(name)).href)

const versionOf = name => JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version

export class Inexpressible extends Error {}
export class Refused extends Error {}

export async function run(packages, answer) {
  const out = process.stdout.write.bind(process.stdout)
  for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error
  out(JSON.stringify({ ready: Object.fromEntries(packages.map(name => [name, versionOf(name)])) }) + '\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, calls } = JSON.parse(line)
    let members
    try {
      members = await answer(calls)
    } catch (error) {
      if (error instanceof Refused) members = { refused: error.message }
      else if (error instanceof Inexpressible) members = { inexpressible: error.message }
      else members = { error: String(error).slice(0, 160) }
    }
    out(JSON.stringify({ id, ...members }) + '\n')
  }
}
