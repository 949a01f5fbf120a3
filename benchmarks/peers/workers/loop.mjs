// The loop of a worker in JavaScript; see loop.py for the protocol.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// Workers lie outside the folder with the packages, so that both are found from there.
const folder = process.argv[2]
const requireThere = createRequire(join(folder, 'package.json'))
export const load = name => requireThere(name)
export const loadModule = async name => import(pathToFileURL(requireThere.resolve(name)).href)

const versionOf = name => JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
const clock = () => Number(process.hrtime.bigint())
const processorTime = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
const interruptions = () => process.resourceUsage().involuntaryContextSwitches
const residentBytes = () => {
  globalThis.gc?.()
  return process.memoryUsage().rss
}
const median = values => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

const WARM_UP_NS = 2e9

/** Decide until the compiler of the engine has seen enough, as its speed is that of a program which has run for a while. */
function warmUp({ call, requests }) {
  const end = clock() + WARM_UP_NS
  while (clock() < end) for (let n = 0; n < requests.length && clock() < end; n++) call(requests[n])
}

function timeLaps({ call }, requests, laps) {
  const lost = interruptions()
  const processor = processorTime()
  const wall = clock()
  for (let lap = 0; lap < laps; lap++) for (let n = 0; n < requests.length; n++) call(requests[n])
  return { wall_ns: clock() - wall, cpu_ns: processorTime() - processor, interruptions: interruptions() - lost }
}

function timeEach({ call }, requests, passes) {
  const idle = median(Array.from({ length: 1000 }, () => -(clock() - clock())))
  const rows = requests.map(() => [])
  for (let pass = 0; pass < passes; pass++) {
    for (let n = 0; n < requests.length; n++) {
      const begin = clock()
      call(requests[n])
      rows[n].push(clock() - begin)
    }
  }
  return rows.map(row => Math.max(0, median(row) - idle))
}

function answer({ do: what, mode: name, stride, part, parts, laps, passes }, modes) {
  const mode = modes[name]
  let requests = stride > 1 ? mode.requests.filter((_, n) => n % stride === 0) : mode.requests
  if (what === 'decide') return { decisions: requests.map(request => mode.read(mode.call(request))) }
  if (what === 'each') return { ns: timeEach(mode, requests, passes) }
  if (parts > 1) requests = requests.filter((_, n) => n % parts === part)
  return timeLaps(mode, requests, laps)
}

/** Serve; `make(case)` returns `facts` and `makeModes`, which returns `{ name: { call, requests, read } }`. */
export async function serve(packages, make) {
  const out = process.stdout.write.bind(process.stdout)
  for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error
  const own = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'))
  out(JSON.stringify({ ready: Object.fromEntries(packages.map(name => [name, versionOf(name)])) }) + '\n')
  let modes = {}
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line)
    let result
    try {
      if (question.do === 'load') {
        const memory = residentBytes()
        const processor = processorTime()
        const wall = clock()
        const { facts, makeModes } = await make(own)
        const took = { wall_ns: clock() - wall, cpu_ns: processorTime() - processor }
        const held = Math.max(0, residentBytes() - memory)
        modes = makeModes()
        Object.values(modes).forEach(warmUp)
        const shapes = Object.entries(modes).map(([name, mode]) => [name, { requests: mode.requests.length, batch: false, whole: false }])
        result = { ...took, memory_bytes: held, ...facts, modes: Object.fromEntries(shapes) }
      } else result = answer(question, modes)
    } catch (error) {
      result = { error: String(error).slice(0, 300) }
    }
    out(JSON.stringify(result) + '\n')
  }
}
