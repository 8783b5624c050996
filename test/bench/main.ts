import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { flagOption, main, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import type { Decoded } from './decode.ts'
import { check } from './src/bars.ts'
import { bare, contenders } from './src/contenders.ts'
import type { Contender } from './src/contenders.ts'
import { measure, planned } from './src/measure.ts'
import type { Effort } from './src/measure.ts'
import { lastCore, nodeStripsTypes, Pair, start, stopAll } from './src/processes.ts'
import type { Runtime } from './src/processes.ts'
import { absences, decodeLine, differences, summaryTable, workloadTable } from './src/report.ts'
import type { Report } from './src/report.ts'
import { workloads } from './src/workloads.ts'
import type { Workload } from './src/workloads.ts'

const usage = `npm run bench -- [options]

Calls per second of every step and of the libraries people use, in one run. All of it takes six minutes.`

const workloadNames = [...workloads.map(({ name }) => name), 'decode']
const known = {
  quick: flagOption('a minute, and less sure of its numbers'),
  only: textOption('NAME,NAME', 'these contenders, and bare; a step by its number will do', undefined),
  workload: textOption('NAME,NAME', `of ${workloadNames.join(', ')}`, undefined),
  pin: flagOption('server and client share one core, which is the steadiest'),
  tsx: flagOption('through tsx, even where Node can do without it'),
  json: textOption('FILE', 'write the numbers to a file, too', undefined),
  check: flagOption('exit code 1 if a speed that we hold ourselves to is missed'),
}

interface Options {
  effort: Effort
  decodeRounds: number
  contenders: readonly Contender[]
  workloads: readonly string[]
  runtime: Runtime
  json: string | undefined
  check: boolean
}

function askedFor(): Options {
  const values = readOptions(usage, known)
  const only = pick('contender', values.only, contenders.map(({ name }) => name))
  const core = values.pin ? lastCore() : undefined
  if (values.pin && core === undefined) throw new UsageError('--pin needs taskset (util-linux)')
  return {
    effort: values.quick
      ? { warmUp: 350, rounds: 5, turn: 30 }
      : { warmUp: 800, rounds: 15, turn: 150 },
    decodeRounds: values.quick ? 20 : 100,
    contenders: contenders.filter((one) => one === bare || only.includes(one.name)),
    workloads: pick('workload', values.workload, workloadNames),
    runtime: { tsx: values.tsx || !nodeStripsTypes, core },
    // npm runs us in our own folder, and says where it was called.
    json: values.json && resolve(process.env['INIT_CWD'] ?? '', values.json),
    check: values.check,
  }
}

/** The names that a comma-separated list means. Any beginning will do: `02` is step 02. */
function pick(what: string, list: string | undefined, names: readonly string[]): readonly string[] {
  if (list === undefined) return names
  return list.split(',').map((wanted) => {
    const found = names.find((name) => name === wanted) ?? names.find((n) => n.startsWith(wanted))
    if (!found || !wanted) throw new UsageError(`no ${what} "${wanted}": ${names.join(', ')}`)
    return found
  })
}

/** Overwrites one line on a terminal; elsewhere it stays silent. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

/** As a person would say it. */
function about(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1_000)} s to go` : `about ${Math.round(ms / 60_000)} min to go`
}

/** Those that this machine has everything for; says why the others are missing. */
async function here(contenders: readonly Contender[]): Promise<Contender[]> {
  const found = []
  for (const contender of contenders) {
    const why = await contender.missing?.()
    if (why === undefined) found.push(contender)
    else console.log(`${contender.name} is skipped: ${why}\n`)
  }
  return found
}

async function bench(options: Options): Promise<void> {
  const { runtime, effort } = options
  const report: Report = {
    node: process.version,
    types: runtime.tsx ? 'tsx' : 'node',
    platform: `${process.platform} ${process.arch}`,
    core: runtime.core ?? null,
    workloads: [],
  }
  console.log(
    `Node ${process.version}, ${runtime.tsx ? 'types stripped by tsx' : 'types stripped by Node'}, ` +
      `${runtime.core === undefined ? 'not pinned' : `pinned to core ${runtime.core}`}\n`,
  )
  const chosen = workloads.filter(({ name }) => options.workloads.includes(name))
  progress('starting servers and clients')
  const taking = chosen.length === 0 ? [] : await here(options.contenders)
  const pairs = await startAll(taking, runtime)
  for (const [i, workload] of chosen.entries()) {
    const able = pairs.filter(({ contender }) => can(contender, workload))
    const later = chosen.slice(i + 1).map((next) => planned(effort, taking.filter((one) => can(one, next)).length))
    const results = await measure(workload, able, effort, (text, left) => {
      progress(`${workload.name}: ${text}, ${about(later.reduce((sum, ms) => sum + ms, left))}`)
    })
    report.workloads.push({ name: workload.name, title: workload.title, results })
    progress('')
    console.log(`${workloadTable(workload, results)}\n`)
  }
  stopAll()
  if (report.workloads.length > 1) console.log(`${summaryTable(report)}\n`)
  const unable = taking.filter(({ cannot }) => chosen.some(({ name }) => cannot?.workloads.includes(name)))
  if (unable.length > 0) console.log(`${absences(unable)}\n`)
  // Bare is always there; what it lacks is no news without the others.
  if (taking.some((one) => one.does !== undefined && one !== bare)) console.log(`${differences(taking)}\n`)
  if (options.workloads.includes('decode')) {
    progress('decoding')
    const args = ['--rounds', String(options.decodeRounds)]
    const decoder = start(runtime, new URL('decode.ts', import.meta.url), args)
    report.decode = JSON.parse(await text(decoder.stdout!)) as Decoded
    progress('')
    console.log(`${decodeLine(report.decode)}\n`)
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
  if (options.check) {
    for (const { text, reached } of check(report)) {
      console.log(`${reached ? 'reached' : 'MISSED '}  ${text}`)
      if (!reached) process.exitCode = 1
    }
  }
}

function can(contender: Contender, workload: Workload): boolean {
  return !contender.cannot?.workloads.includes(workload.name)
}

async function startAll(contenders: readonly Contender[], runtime: Runtime): Promise<Pair[]> {
  const pairs = []
  // Two at a time: more would only wait for each other's compiler.
  for (let i = 0; i < contenders.length; i += 2) {
    const some = contenders.slice(i, i + 2).map((contender) => Pair.start(runtime, contender))
    pairs.push(...(await Promise.all(some)))
  }
  return pairs
}

process.on('exit', stopAll)
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
await main(async () => {
  try {
    await bench(askedFor())
  } finally {
    stopAll()
  }
})
