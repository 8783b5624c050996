import type { Socket } from 'node:net'
import { causeOf } from './causes/cause.ts'
import { ask, plain, resultsIn } from './causes/ask.ts'
import { describe, sentOn } from './causes/sent.ts'
import type { Lab } from './causes/silence.ts'
import type { Program } from './command.ts'
import type { Address } from './connections.ts'
import type { Came, Finding, Outcome, Skipped, StageOutcome } from './finding.ts'
import type { Case } from './notation.ts'
import { runCase } from './run.ts'
import type { Failure } from './run.ts'
import type { Ability, StageName } from './stages.ts'
import { abilities, stages } from './stages.ts'

/** A server under test, wherever it comes from. */
export interface Subject {
  readonly name: string
  readonly address: Address
  /** A connection to it that is there already: it is the first that is used. */
  readonly made?: Socket
  /** The program, if we have started it. */
  readonly program?: Program
  /** Ends it and starts it again. */
  readonly restart?: () => Promise<Subject & { readonly made: Socket }>
}

/** What is asked of it. */
export interface Asked {
  readonly can: readonly (Ability | StageName)[]
  /** Stages that are played; left out, all that `can` allows. */
  readonly stages?: readonly StageName[] | undefined
  /** Everything is played: what is beyond `can`, and what comes after a stage that is not green. */
  readonly all?: boolean
  /** What the names of the cases have in them: who has chosen some gets all of these, green or not. */
  readonly filter?: string
  /** It stops at the first failure. */
  readonly first?: boolean
  /** The longest wait for one answer, in milliseconds. */
  readonly timeout: number
}

/** Plays the cases stage by stage, and finds a cause for each failure. */
export async function testServer(cases: readonly Case[], subject: Subject, asked: Asked): Promise<Outcome> {
  const session = new Session(subject, asked)
  const outcomes: StageOutcome[] = []
  for (const { name } of stages) {
    const own = cases.filter((one) => one.stage === name)
    if (own.length > 0 && (asked.stages?.includes(name) ?? true)) outcomes.push(await session.stage(name, own))
  }
  const notes = asked.all ? [...session.notes, ...abilitiesShown(cases, outcomes)] : session.notes
  return { subject: subject.name, stages: outcomes, notes }
}

/** What it can of what not every server has to, where all was asked. */
function abilitiesShown(cases: readonly Case[], outcomes: readonly StageOutcome[]): string[] {
  const passed = new Set(outcomes.flatMap((outcome) => outcome.passed))
  const names = [...Object.keys(abilities) as Ability[], ...stages.flatMap((one) => ('addedBy' in one ? [one.name] : []))]
  const shown = names.map((name) => {
    const own = cases.filter((one) => one.needs === name || (one.stage === name && one.needs === undefined))
    return { name, can: own.length > 0 && own.every((one) => passed.has(one.id)), asked: own.length > 0 }
  })
  const can = (is: boolean) => shown.filter((one) => one.asked && one.can === is).map(({ name }) => name).join(', ') || 'nothing'
  return [`of what not every server can, this one can: ${can(true)}; not all of: ${can(false)}`]
}

class Session {
  readonly notes: string[] = []
  #subject: Subject
  #made: Socket | undefined
  readonly #asked: Asked
  #red = false
  #stopped = false
  /** The longest that this server took for an answer that needs no time, and how many cases had one. */
  #slowest = 0
  #answered = 0
  #passed = 0

  constructor(subject: Subject, asked: Asked) {
    this.#subject = subject
    this.#made = subject.made
    this.#asked = asked
  }

  async stage(name: StageName, cases: readonly Case[]): Promise<StageOutcome> {
    const passed: string[] = []
    const skipped: Skipped[] = []
    const findings: Finding[] = []
    let left = 0
    const waits = this.#red && !this.#asked.all && !this.#asked.filter
    for (const one of cases) {
      const because = this.#notAsked(one)
      if (because !== undefined) skipped.push({ case: one.id, because })
      else if (waits || this.#stopped) left++
      else {
        const finding = await this.#play(one, findings.length)
        if (finding) findings.push(finding)
        else {
          passed.push(one.id)
          this.#passed++
        }
        if (finding && this.#asked.first) this.#stopped = true
      }
    }
    if (findings.length > 0) this.#red = true
    return { stage: name, passed, skipped, findings, left }
  }

  #notAsked({ stage, needs }: Case): string | undefined {
    const { can, all, stages: only } = this.#asked
    if (all) return undefined
    const added = stages.find(({ name }) => name === stage)!
    const isExtension = 'addedBy' in added && !(only?.includes(stage) ?? false)
    const missing = needs !== undefined && !can.includes(needs) ? needs : isExtension && !can.includes(stage) ? stage : undefined
    return missing === undefined ? undefined : `--can ${missing} asks for it`
  }

  async #play(one: Case, found: number): Promise<Finding | undefined> {
    const { program } = this.#subject
    const told = program?.stderr().length ?? 0
    let failure = await this.#run(one, this.#bound(one))
    // It may only have been slow, this once. What is wrong already need not be waited for again.
    if (failure?.arrival === undefined && failure && !program?.exit() && found === 0 && this.#bound(one) < this.#asked.timeout && this.#answered > 0) {
      failure = await this.#run(one, Math.min(this.#bound(one) * 4, this.#asked.timeout))
    }
    if (!failure) return undefined
    // Whose end of a connection has come may be about to end itself, and has not said why yet.
    const patience = { message: 0, noise: 30, closed: 500, none: 30 }[failure.arrival?.kind ?? 'none']
    await Promise.race([program?.exited, new Promise((done) => setTimeout(done, patience))])
    const finding = await this.#finding(failure, found, program, told)
    await this.#goOn(one)
    return finding
  }

  async #run(one: Case, bound: number): Promise<Failure | undefined> {
    const { address } = this.#subject
    const made = this.#made
    this.#made = undefined
    let any = false
    const took = (ms: number) => {
      if (!isSlow(one)) this.#slowest = Math.max(this.#slowest, Math.ceil(ms))
      any = true
    }
    const failure = await runCase(one, address, { bound, made, took })
    if (any) this.#answered++
    return failure
  }

  /** Milliseconds after which nothing will come: many times what this server took until now, and what the case itself takes. */
  #bound(one: Case): number {
    const { timeout } = this.#asked
    const bytes = one.script.reduce((sum, step) => (step.kind === 'send' ? sum + step.bytes.length : sum), 0)
    if (bytes > 50_000 || one.needs === 'threads') return timeout
    if (this.#answered === 0) return timeout
    return Math.min(timeout, Math.max(250, this.#slowest * 4 + 100) + timeOf(one))
  }

  get #window(): number {
    return this.#answered === 0 ? Math.min(400, this.#asked.timeout) : Math.min(this.#asked.timeout, Math.max(200, this.#slowest * 4))
  }

  async #finding(failure: Failure, found: number, program: Program | undefined, told: number): Promise<Finding> {
    const { case: one, line } = failure
    const exit = program?.exit()
    const exception = exceptionIn((program?.stderr() ?? '').slice(told))
    const lab = found < 5 ? this.#lab(exception) : undefined
    const crashed = exit && exit.code !== 0 ? crash(failure, program!) : undefined
    const cause = crashed ?? (await causeOf(failure, lab))
    const came = cameOf(failure)
    return {
      case: one.id,
      stage: one.stage,
      where: `test/conformance/cases/${one.file}:${line}`,
      cause: crashed || exception === undefined || came.kind === 'bytes' ? cause.says : `${cause.says} It told of ${exception}`,
      page: cause.page,
      sent: failure.sent,
      expected: failure.expected,
      came,
      why: one.why,
      stderr: (program?.stderr() ?? '').slice(told),
    }
  }

  #lab(exception: string | undefined): Lab {
    const { address, program, restart } = this.#subject
    const revive = restart && (async () => {
      const again = await restart()
      this.#subject = again
      return again
    })
    return { address, exception, window: this.#window, answered: this.#answered, printed: program?.stdout(), revive }
  }

  /** After a failure: whether it still answers anybody, and if not, it is started again. */
  async #goOn(one: Case): Promise<void> {
    const { address, restart } = this.#subject
    if (this.#asked.first || this.#answered === 0) {
      this.#stopped = true
      return
    }
    const heard = await ask(address, this.#window * 2, [plain])
    if (resultsIn(heard.bytes) > 0) return
    if (this.#passed === 0) {
      // Not even a plain call is answered rightly: nothing else could be.
      this.#stopped = true
      return
    }
    if (restart) {
      try {
        this.#subject = await restart()
        this.#made = (this.#subject as { made: Socket }).made
        return
      } catch (error) {
        this.notes.push((error as Error).message)
      }
    }
    this.notes.push(`the server ${heard.refused ? 'is gone' : 'answers nobody any more'} since "${one.id}", so nothing more was asked`)
    this.#stopped = true
  }
}

/** Milliseconds that the case itself asks a server to take. */
function timeOf({ script }: Case): number {
  const texts = new Set(script.flatMap((step) => (step.kind === 'send' ? [step.text] : [])))
  const times = [...texts].flatMap((text) => [...text.matchAll(/"(?:ms|timeoutMs)":(\d+)|"sleep","params":\[(\d+)\]/g)])
  const sum = times.map(([, ms, other]) => Number(ms ?? other)).filter((ms) => ms <= 2000).reduce((a, b) => a + b, 0)
  return sum * 2
}

function isSlow(one: Case): boolean {
  return timeOf(one) > 0 || one.writes !== 'whole' || one.script.length > 50 || one.needs !== undefined
}

/** How many messages a case has sent in one write, as the last thing before this line. */
function together({ script }: Case, on: string, line: number): number {
  const until = script.filter((step) => step.on === on && step.line < line)
  return until.length - 1 - until.findLastIndex((step) => step.kind !== 'send')
}

/** The exception that a program tells of, which has its name in front in most languages. */
function exceptionIn(stderr: string): string | undefined {
  const lines = stderr.split(/\r?\n/)
  return lines.findLast((line) => /^([\w.]*(Error|Exception)\b|panic|fatal|thread '|Exception in)/i.test(line))?.slice(0, 200)
}

function crash({ case: one, on, line }: Failure, program: Program): { says: string; page: string } {
  const { code, signal } = program.exit()!
  const last = exceptionIn(program.stderr()) ?? program.stderr().split(/\r?\n/).findLast((line) => /^\S/.test(line)) ?? ''
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  const message = sentOn(one, on, line).at(-1)
  const words = last === '' ? '' : `: ${last.slice(0, 200)}`
  // What is right when it comes alone and whole has been asked before, and answered.
  const pieces = one.stage === 'framing' && (one.writes !== 'whole' ? 'a message came in pieces' : together(one, on, line) > 1 && 'two messages came in one piece')
  if (pieces) return { says: `The server ${how} when ${pieces}${words}. One read may give several messages, or a part of one: keep what has come, and cut off what is whole.`, page: 'docs/wire.md#how-a-frame-is-read' }
  const header = message && one.framing !== 'newline' ? message.bytes.toString('latin1', 0, message.bytes.length - message.body.length) : ''
  const unusual = header !== '' && header.length < 200 && !/^Content-Length: \d+\r\n\r\n$/.test(header) ? ` with the header ${JSON.stringify(header.trim())}` : ''
  const what = message ? `at ${describe(message, true)}${unusual}` : `when connection ${on} came`
  return { says: `The server ${how} ${what}${words}. One bad message, or one client, must not end it.`, page: one.page }
}

/** What of a failure came, as people are shown it. */
export function cameOf({ arrival, difference, on, transcripts }: Failure): Came {
  if (!arrival) return { kind: 'nothing', on, says: difference.says }
  if (arrival.kind === 'closed') {
    const how = transcripts.get(on)?.ended === 'reset' ? `${difference.says} (reset: something of what was sent was not read)` : difference.says
    return { kind: 'end', on, says: how }
  }
  const { raw } = arrival
  if (arrival.kind === 'noise') return { kind: 'bytes', on, bytes: raw, at: difference.at, says: difference.says }
  // From characters to bytes.
  const at = Buffer.byteLength(raw.slice(0, difference.at))
  return { kind: 'bytes', on, bytes: Buffer.from(raw).toString('latin1'), at, says: difference.says }
}
