import type { CallWords } from '@rpc-steps/cli'
import type { Finding, Outcome, Skipped, StageOutcome } from '../finding.ts'
import { stages } from '../stages.ts'
import type { StageName } from '../stages.ts'
import { brokenIn } from './broken.ts'
import type { ClientCase, Difference, Known } from './cases.ts'
import { clientCases, easy, kindCases } from './cases.ts'
import type { Client } from './client.ts'
import { kindProblem, sentProblem } from './kind.ts'
import type { Manner } from './manner.ts'
import { kind } from './manner.ts'
import { pages } from './pages.ts'
import type { Pace, Played } from './play.ts'
import { play } from './play.ts'
import type { Problem } from './shown.ts'
import { isJson, linesOf } from './shown.ts'

export interface JudgeOptions {
  readonly client: Client
  /** These stages alone; the simple server comes first all the same. */
  readonly stages?: readonly StageName[] | undefined
  /** Only cases whose name contains this. */
  readonly filter?: string
  /** Stops at the first failure. */
  readonly first?: boolean
  /** Goes on when a stage is not green. */
  readonly all?: boolean
  /** The longest that is waited for the client, in milliseconds. */
  readonly timeout?: number
}

/** The names of all cases, `framing: a long answer`, with their stages. */
export function listClientCases(): { stage: StageName; case: string }[] {
  return [...kindCases, ...clientCases].map(({ stage, name }) => ({ stage, case: `${stage}: ${name}` }))
}

/** Judges a client by what it sends to servers of ours and what it prints. Rejects with CommandError if it cannot be started. */
export async function judgeClient(options: JudgeOptions): Promise<Outcome> {
  return new Judge(options).run()
}

class Judge {
  readonly #options: JudgeOptions
  readonly #client: Client
  readonly #most: number
  readonly #calls: readonly CallWords[]
  /** It has been found to hang: from then on that is not doubted. */
  #hung = false
  readonly #outcomes = new Map<StageName, { passed: string[]; skipped: Skipped[]; findings: Finding[]; left: number }>()

  constructor(options: JudgeOptions) {
    this.#options = options
    this.#client = options.client
    this.#most = options.timeout ?? 5000
    this.#calls = options.client.takesCalls ? easy : []
  }

  async run(): Promise<Outcome> {
    const { stages: only, filter = '', all = false, first = false } = this.#options
    const known = await this.#begin()
    const wanted = clientCases.filter((one) => (only?.includes(one.stage) ?? true) && `${one.stage}: ${one.name}`.includes(filter))
    let stopped = known === undefined
    for (const stage of stages) {
      for (const one of wanted.filter((aCase) => aCase.stage === stage.name)) {
        const outcome = this.#outcome(stage.name)
        const because = known && this.#skip(one, known)
        if (because !== undefined) outcome.skipped.push({ case: nameOf(one), because })
        else if (stopped || !known) outcome.left++
        else {
          const finding = await this.#judge(one, known)
          if (finding) outcome.findings.push(finding)
          else outcome.passed.push(nameOf(one))
          stopped ||= first && finding !== undefined
        }
      }
      stopped ||= !all && this.#outcome(stage.name).findings.length > 0
    }
    return { subject: this.#client.name, stages: stages.map(({ name }): StageOutcome => ({ stage: name, ...this.#outcome(name) })), notes: known ? this.#notes(known) : [] }
  }

  #outcome(stage: StageName) {
    const known = this.#outcomes.get(stage) ?? { passed: [], skipped: [], findings: [], left: 0 }
    this.#outcomes.set(stage, known)
    return known
  }

  /** The simple server: undefined when the client does not get on with that. */
  async #begin(): Promise<Known | undefined> {
    const pace: Pace = { start: this.#most * 4, wait: this.#most }
    const played = await play(this.#client, kind, pace, this.#calls)
    // What it takes is known now: nobody waits for each try as long as for the first.
    const connected = Math.min(played.connected, this.#most)
    const quick = { start: connected * 4 + this.#client.patience, wait: Math.min(this.#most, this.#client.patience + played.host.slowest * 6) }
    const again = (manner: Manner) => play(this.#client, manner, played.stalled === undefined ? quick : { ...quick, wait: Math.min(this.#most, this.#client.patience) }, this.#calls)
    const problem = await kindProblem(played, this.#calls, again)
    for (const { stage, name } of kindCases) {
      const aCase = { stage, name, why: [] }
      const at = problem?.stage === 'messages' ? 'messages' : 'framing'
      if (problem && stage === at) this.#outcome(stage).findings.push(findingOf({ ...aCase, stage: problem.stage ?? stage }, played, problem))
      else if (problem && stage === 'messages') this.#outcome(stage).left++
      else this.#outcome(stage).passed.push(nameOf(aCase))
    }
    if (problem) return undefined
    const { host } = played
    const ids = host.calls.map((call) => JSON.stringify([host.links.indexOf(call.link), call.id]))
    return {
      kind: played,
      pace: quick,
      pipelines: host.links.some((link) => link.inFlight.some((ids, i) => ids.size > 0 && 'id' in Object(link.sent[i]!.value))),
      reuses: new Set(ids).size < ids.length,
      speaksLines: host.links.some((link) => link.lines),
      lines: linesOf(played.stdout).filter(isJson).length,
    }
  }

  /** An extension is asked of who uses it, or when it is asked for by name. */
  #skip(one: ClientCase, known: Known): string | undefined {
    const because = one.skip?.(known)
    if (because !== undefined) return because
    const whole = ['messages', 'errors', 'waiting'].includes(one.stage) || one.whole
    if (whole && known.kind.host.calls.every((call) => call.items !== undefined)) return 'all its answers come in pieces'
    const used = known.kind.host.calls.some(({ meta }) => (one.stage === 'deadlines' ? 'timeoutMs' in meta : 'credit' in meta || 'stream' in meta))
    const extension = one.stage === 'deadlines' || one.stage === 'streams'
    if (!extension || used || this.#options.stages?.includes(one.stage)) return undefined
    return `it does not use this; --stage ${one.stage} asks for it`
  }

  async #judge(one: ClientCase, known: Known): Promise<Finding | undefined> {
    const once = (difference: Difference, patience = 1) => {
      const calls = this.#client.takesCalls ? (difference.calls ?? one.calls ?? this.#calls) : []
      const wait = one.wait?.(known) ?? known.pace.wait
      return play(this.#client, difference.manner(known), { ...known.pace, wait: Math.min(wait * patience, Math.max(wait, this.#most)) }, calls)
    }
    const look = (played: Played, { cause }: Difference): Problem | undefined => {
      const answered = one.check === undefined || one.stage === 'messages' || one.stage === 'streams' || one.name === 'how long an answer is of use'
      const gone = one.check !== undefined && (one.stage === 'hostile' || one.name === 'the connection ends in the middle')
      if (!gone) {
        const sent = sentProblem(played)
        if (sent) return sent
      }
      if (answered && !gone) {
        const same = one.calls === undefined && played.host.calls.length === known.kind.host.calls.length
        const broken = brokenIn(played, same && (one.stage === 'messages' || one.stage === 'streams') ? known.lines : Infinity)
        if (broken) return { cause: typeof cause === 'string' ? cause : cause(broken, known, played), page: one.page, expected: broken.expected, came: broken.came }
      }
      return one.check?.(played, known)
    }
    let played = await once(one)
    let problem = look(played, one)
    // On a machine that has much to do, a client may be slow once; it is not said to hang for that.
    if (problem && played.stalled !== undefined && !this.#hung) {
      played = await once(one, 3)
      problem = look(played, one)
      this.#hung = problem !== undefined && played.stalled !== undefined
    }
    if (!problem) return undefined
    for (const part of one.parts ?? []) {
      const alone = await once(part)
      const found = look(alone, part)
      if (found) return findingOf(one, alone, found)
    }
    return findingOf(one, played, problem)
  }

  #notes({ kind: { host }, reuses }: Known): string[] {
    const notes: string[] = []
    if (!this.#client.takesCalls) notes.push('without {calls} in its command only the calls are judged that it makes by itself')
    if (host.links.length > 1) notes.push(`it opens ${host.links.length} connections: one carries any number of calls`)
    if (host.links.some((link) => link.lines)) notes.push('it speaks JSON lines, the second framing, and is answered in lines')
    if (reuses) notes.push('it uses an id again: that is allowed when the call before is answered, but an answer that comes late is then taken for another; count up')
    const sent = host.links.flatMap((link) => link.sent.map((message) => link.seams.includes(message.bodyAt)))
    if (!host.links.some((link) => link.lines) && sent.length > 0 && sent.every(Boolean)) notes.push('header and body come in two pieces: written in one, they are one packet, and nothing waits for an acknowledgement (Nagle)')
    return notes
  }
}

function nameOf({ stage, name }: Pick<ClientCase, 'stage' | 'name'>): string {
  return `${stage}: ${name}`
}

function findingOf(one: Pick<ClientCase, 'stage' | 'name' | 'why'>, { host, stderr }: Played, { cause, page, expected, came }: Problem): Finding {
  return { case: nameOf(one), stage: one.stage, cause, page, sent: host.log.slice(-6), expected, came, why: one.why, stderr }
}

/** What a command must do to be judged, for `--help`. */
export const contract = `A client is started with {port} in its command replaced. It makes calls of the service on
127.0.0.1, prints each result on a line of stdout as JSON, in the order of its calls, and an
error as: error CODE MESSAGE. Then it ends, with exit code 0. If the connection ends before its
answers have come, its exit code is not 0. A word {calls} in the command is replaced by
METHOD PARAMS METHOD PARAMS ..., which it then calls; PARAMS may be absent.
See ${pages.contract.split('#')[0]!}.`
