import { writeFileSync } from 'node:fs'
import { flagOption, main, numberOption, readAddress, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'
import type { Subject as Step } from '@rpc-steps/course/steps'
import { loadCases } from './src/cases.ts'
import { connected, startServer } from './src/command.ts'
import type { StartedServer } from './src/command.ts'
import type { Address } from './src/connections.ts'
import type { Outcome } from './src/finding.ts'
import type { Case } from './src/notation.ts'
import { play } from './src/play.ts'
import { commandClient } from './src/judge/client.ts'
import { contract, judgeClient, listClientCases } from './src/judge/judge.ts'
import { jsonReport, junitReport, textReport } from './src/report.ts'
import { testServer } from './src/session.ts'
import type { Subject } from './src/session.ts'
import type { Ability, StageName } from './src/stages.ts'
import { abilities, isStage, stages, usualAbilities } from './src/stages.ts'
import { stateOf, subjectOf } from './src/states.ts'

const usage = `npm run conformance -- --command "python3 my_server.py {port}" [options]
npm run conformance -- --address HOST:PORT [options]
npm run conformance -- --client "python3 my_client.py {port}" [options]

Tests a server, in any language: sends what the cases say, and looks at what comes back. It goes
from stage to stage, from simple to hard, and to the next when all of one is passed. --client
tests a client: it calls servers of ours, which look at what comes.

${contract}

Stages: ${stages.map(({ name }) => name).join(', ')}.
The last three are extensions, and are played for who says that it can them.
What else a server may be able to:
${Object.entries(abilities).map(([name, says]) => `  ${name.padEnd(12)}it ${says}`).join('\n')}`

const address: Option<Address | undefined> = {
  hint: 'HOST:PORT',
  help: 'a server that runs already',
  default: undefined,
  read: readAddress,
}
const step: Option<Step | undefined> = {
  hint: 'NAME',
  help: 'it should do exactly what this step of the course can, such as 03',
  default: undefined,
  read: readStep,
}
const stage: Option<readonly StageName[] | undefined> = {
  hint: 'NAMES',
  help: 'only these stages, with commas between them',
  default: undefined,
  read: (text) => text.split(',').map((name) => {
    if (isStage(name)) return name
    throw new UsageError(`must be of ${stages.map((one) => one.name).join(', ')}, not "${name}"`)
  }),
}
type Can = Ability | StageName
const can: Option<readonly Can[]> = {
  hint: 'NAMES',
  help: 'what the server can, with commas, or nothing',
  default: usualAbilities,
  read: (text) => (text === 'nothing' || text === '' ? [] : text.split(',').map(readAbility)),
}
const options = {
  command: textOption('COMMAND', 'starts the server; {port} in it is the port on which it must listen', undefined),
  address,
  client: textOption('COMMAND', 'starts the client; {port} in it is the port that it calls', undefined),
  stage,
  can,
  all: flagOption('everything is asked, whatever has failed before: says what a server can'),
  first: flagOption('stops at the first failure'),
  timeout: numberOption('MS', 'the longest wait for an answer; who is fast is waited for less', 5000, 1, 600_000),
  filter: textOption('TEXT', 'only cases whose name contains this', ''),
  step,
  list: flagOption('lists the cases, and tests nothing'),
  whole: flagOption('shows all bytes of what is long'),
  json: flagOption('prints the outcome as JSON'),
  junit: textOption('FILE', 'writes the outcome as JUnit XML, too', undefined),
}

await main(async () => {
  process.exitCode = await conformance()
})

async function conformance(): Promise<number> {
  const values = readOptions(usage, options)
  const { filter, step } = values
  if (values.client !== undefined && values.command === undefined && values.address === undefined) return judge(values.client, values)
  const cases = loadCases().filter((one) => one.id.includes(filter) && (values.stage?.includes(one.stage) ?? true))
  if (cases.length === 0) throw new UsageError(filter === '' ? 'no case is of this stage' : `no case has "${filter}" in its name`)
  if (values.list) return list(cases)
  const ways = [values.command, values.address, values.client].filter((way) => way !== undefined)
  if (ways.length !== 1) throw new UsageError('say what to test: --command COMMAND, --address HOST:PORT or --client COMMAND, one of them')
  const subject = values.command === undefined ? await reached(values.address!) : await started(values.command, values.timeout)
  try {
    if (step) return await playStep(cases, subject, step)
    const can = filter === '' ? values.can : [...values.can, ...cases.map((one) => one.stage)]
    const outcome = await testServer(cases, subject, { ...values, can, stages: values.stage })
    const all: Outcome = { ...outcome, notes: [...(subject.notes ?? []), ...outcome.notes] }
    return told(all, values)
  } finally {
    subject.made?.destroy()
    await subject.stop?.()
  }
}

function told(outcome: Outcome, { json, junit, whole }: { json: boolean; junit: string | undefined; whole: boolean }): number {
  process.stdout.write(json ? jsonReport(outcome) : textReport(outcome, { whole }))
  try {
    if (junit !== undefined) writeFileSync(junit, junitReport(outcome))
  } catch (error) {
    throw new UsageError(`--junit cannot be written: ${(error as Error).message}`)
  }
  return outcome.stages.some(({ findings }) => findings.length > 0) ? 1 : 0
}

type Judged = Omit<Parameters<typeof judgeClient>[0], 'client' | 'stages'> & { stage: readonly StageName[] | undefined; list: boolean; step: unknown }

async function judge(command: string, values: Judged & Parameters<typeof told>[1]): Promise<number> {
  const { stage, list, step } = values
  if (step !== undefined) throw new UsageError('--step is for servers: it says which cases a server must fail')
  if (!command.includes('{port}')) throw new UsageError('--client has no {port}: write it where the client takes the port that it calls')
  const cases = listClientCases().filter((one) => one.case.includes(values.filter ?? '') && (stage?.includes(one.stage) ?? true))
  if (cases.length === 0) throw new UsageError('no case for clients is of this stage, or has this in its name')
  if (list) {
    for (const one of cases) console.log(one.case)
    return 0
  }
  return told(await judgeClient({ ...values, client: commandClient(command), stages: stage }), values)
}

type Reached = Subject & { readonly notes?: readonly string[]; readonly stop?: () => Promise<void> }

async function reached(address: Address): Promise<Reached> {
  const { host, port } = address
  const made = await connected(address, 10_000)
  if (!(made instanceof Error)) return { name: `${host}:${port}`, address, made }
  throw Object.assign(new Error(`no server at ${host}:${port}: ${made.message}`), { code: 'ERR_NO_SERVER' })
}

async function started(command: string, timeout: number): Promise<Reached & { made: NonNullable<Subject['made']> }> {
  const ms = Math.max(timeout, 10_000)
  let server: StartedServer = await startServer(command, ms)
  const subjectOf = () => ({ name: command, address: server.address, made: server.made, program: server, restart })
  const restart = async () => {
    await server.stop()
    server = await startServer(command, ms)
    return subjectOf()
  }
  return { ...subjectOf(), notes: server.notes, stop: () => server.stop() }
}

/** A server that should be able to do exactly what a step can: also what it cannot is asked. */
async function playStep(cases: readonly Case[], { address, made }: Subject, step: Step): Promise<number> {
  made?.destroy()
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const aCase of cases) {
    const { state, because } = stateOf(step, aCase.id)
    if (state === 'skip') {
      count.skipped++
      console.log(`skipped ${aCase.id}  (${because})`)
      continue
    }
    const problem = await play(aCase, address, { state, because })
    if (problem === undefined) {
      count.passed++
      const note = state === 'must fail' ? `  (fails, as it must: ${because})` : ''
      console.log(`passed  ${aCase.id}${note}`)
    } else {
      count.failed++
      console.log(`\n${problem}\n`)
    }
  }
  console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed > 0 ? 1 : 0
}

function list(cases: readonly Case[]): number {
  for (const { name, says } of stages) {
    const own = cases.filter((one) => one.stage === name)
    if (own.length === 0) continue
    console.log(`${name}: ${says}`)
    for (const { id, needs, page } of own) console.log(`  ${id}${needs === undefined ? '' : `  (--can ${needs})`}  ${page}`)
  }
  return 0
}

function readAbility(name: string): Can {
  if (Object.hasOwn(abilities, name)) return name as Ability
  const extension = stages.find((one) => one.name === name && 'addedBy' in one)
  if (extension) return extension.name
  const all = [...Object.keys(abilities), ...stages.flatMap((one) => ('addedBy' in one ? [one.name] : []))]
  throw new UsageError(`must be of ${all.join(', ')}, or nothing, not "${name}"`)
}

function readStep(name: string): Step {
  try {
    return subjectOf(name)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
