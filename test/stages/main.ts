import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { flagOption, main, readOptions } from '@rpc-steps/cli'
import { bare, contenders } from '../bench/src/contenders.ts'
import type { Contender } from '../bench/src/contenders.ts'
import { measure } from '../bench/src/measure.ts'
import { lastCore, nodeStripsTypes, Pair, stopAll } from '../bench/src/processes.ts'
import type { Runtime } from '../bench/src/processes.ts'
import { workloads } from '../bench/src/workloads.ts'
import { asked } from './src/bars.ts'
import { copyOf, removeCopy } from './src/copy.ts'
import { fold } from './src/flames.ts'
import type { Flames } from './src/flames.ts'
import { recorded, recordedFile } from './src/record.ts'
import type { Recorded } from './src/record.ts'
import { stages, tried } from './src/stages.ts'
import type { Stage } from './src/stages.ts'

const usage = `npm run stages [-- options]

Measures step 04 from naive to fast, each stage beside the others in one run, and samples what its
server does. Writes test/stages/recorded.json, which the site shows. Four to five minutes, on a
machine that does nothing else.`

const options = {
  quick: flagOption('in a minute, and less sure of its numbers'),
  profiles: flagOption('only the profiles; the numbers stay as they are'),
}

const shown = workloads.filter(({ name }) => name !== 'gather')
const types = nodeStripsTypes ? 'node' : 'tsx'

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else console.error(text)
}

/** A stage in its copy, as the benchmark takes it. */
interface Prepared {
  stage: Stage
  copy: string
  contender: Contender
}

function prepare(stage: Stage): Prepared {
  const copy = copyOf(stage)
  const at = (file: string) => pathToFileURL(join(copy, 'steps/04-async-await', file))
  const contender = { name: stage.name, server: at('server.ts'), serverArgs: ['--port', '0'], client: at('bench.ts') }
  return { stage, copy, contender }
}

/** The contenders of the benchmark that a bar speaks of, and that run on this machine; of a step no variant. */
async function others(): Promise<Contender[]> {
  const named = asked.flatMap(({ contender, against }) => [contender, against])
  const wanted = new Set(named.map((name) => contenders.find((one) => one.name === name || one.name.startsWith(`${name}-`))))
  const found = []
  for (const one of wanted) if (one && one !== bare && !(await one.missing?.())) found.push(one)
  return found
}

async function measureAll(prepared: readonly Prepared[], core: string | undefined, quick: boolean): Promise<Recorded['settings'][number]> {
  const runtime: Runtime = { tsx: types === 'tsx', core }
  const effort = quick ? { warmUp: 200, rounds: 3, turn: 30 } : { warmUp: 500, rounds: 9, turn: 80 }
  const where = core === undefined ? 'free' : 'on one core'
  const pairs: Pair[] = []
  for (const contender of [bare, ...(await others()), ...prepared.map(({ contender }) => contender)]) {
    progress(`${where}: starting ${contender.name}`)
    pairs.push(await Pair.start(runtime, contender))
  }
  const measured = []
  for (const workload of shown) {
    const able = pairs.filter(({ contender }) => !contender.cannot?.workloads.includes(workload.name))
    const results = await measure(workload, able, effort, (text) => progress(`${where}, ${workload.title}: ${text}`))
    measured.push({
      name: workload.name,
      results: results.map(({ contender, ratio: { low, median, high }, cpu: { client, server } }) => {
        const cpu = Number.isNaN(server) ? null : rounded(client + server, 1)
        return { name: contender, low: rounded(low, 3), median: rounded(median, 3), high: rounded(high, 3), cpu }
      }),
    })
  }
  stopAll()
  return { core: core ?? null, workloads: measured }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** Samples a stage's server at work, when what is hot is compiled. */
async function profile({ contender, copy }: Prepared, workload: string, folder: string): Promise<Flames> {
  const file = join(folder, `${contender.name}-${workload}.cpuprofile`)
  const server = fileURLToPath(contender.server)
  const sampled: Contender = {
    ...contender,
    server: new URL('src/profiled.ts', import.meta.url),
    serverArgs: [file, '1500', '2000', server, ...contender.serverArgs],
  }
  const pair = await Pair.start({ tsx: types === 'tsx' }, sampled)
  await pair.order({ open: workload })
  while (!existsSync(file)) await pair.order({ calls: 500 })
  stopAll()
  return fold(JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile, `${pathToFileURL(copy).href}/`)
}

async function measured({ quick, profiles }: { quick: boolean; profiles: boolean }, folder: string, prepared: Prepared[]): Promise<Recorded> {
  prepared.push(...[...stages, ...tried].map(prepare))
  const core = lastCore()
  const settings = profiles ? recorded().settings : []
  if (!profiles) {
    if (core !== undefined) settings.push(await measureAll(prepared, core, quick))
    settings.push(await measureAll(prepared, undefined, quick))
  }
  const flames: Recorded['flames'] = {}
  for (const one of prepared.filter(({ stage }) => stages.includes(stage))) {
    progress(`sampling ${one.stage.name}`)
    flames[one.stage.name] = await profile(one, 'in-flight', folder)
    // What is left, where there is nothing to join.
    if (one.stage.without.length === 0) flames['one'] = await profile(one, 'one', folder)
  }
  return { node: process.version, types, platform: `${process.platform} ${process.arch}`, settings, flames }
}

process.on('exit', stopAll)
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
await main(async () => {
  const values = readOptions(usage, options)
  const folder = mkdtempSync(join(tmpdir(), 'stages-'))
  const prepared: Prepared[] = []
  try {
    const all = await measured(values, folder, prepared)
    writeFileSync(recordedFile, `${JSON.stringify(all)}\n`)
    progress('')
    for (const { core, workloads } of all.settings) {
      console.log(`times as fast as bare, ${core === null ? 'free' : 'on one core'}`)
      for (const name of workloads[0]!.results.map(({ name }) => name)) {
        const cells = workloads.map(({ results }) => (results.find((one) => one.name === name)?.median.toFixed(2) ?? '-').padStart(12))
        console.log(`${name.padEnd(24)}${cells.join('')}`)
      }
      console.log('')
    }
  } finally {
    stopAll()
    for (const { copy } of prepared) removeCopy(copy)
    rmSync(folder, { recursive: true, force: true })
  }
})
