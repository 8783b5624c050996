import { frame } from './frames.ts'
import type { Difference } from './match.ts'
import { farthest, matchMessage, matchPiece } from './match.ts'
import type { Case, Step } from './notation.ts'
import type { Node } from './json.ts'
import { JsonSyntaxError, readJson } from './json.ts'
import type { Socket } from 'node:net'
import type { Address, Arrival, Transcript } from './connections.ts'
import { Connections } from './connections.ts'

/** How a case went wrong. */
export interface Failure {
  readonly case: Case
  /** The line of the case file where it did. */
  readonly line: number
  /** The lines sent until then, as they stand in the case file. */
  readonly sent: readonly string[]
  readonly expected: readonly string[]
  /** What came instead; absent when nothing did. */
  readonly arrival?: Arrival
  readonly difference: Difference
  /** Whether it failed by what came, not by waiting in vain or for want of a connection. */
  readonly decided: boolean
  /** The connection on which it did. */
  readonly on: string
  /** What of the case was expected here, and what only later. */
  readonly pending: readonly Expected[]
  readonly later: readonly Expected[]
  /** What went over each connection. */
  readonly transcripts: ReadonlyMap<string, Transcript>
  /** All that has come before and was right, in the order in which it came. */
  readonly before: readonly Arrival[]
}

/** How a case is played. */
export interface Playing {
  /** Milliseconds for each wait. */
  readonly bound?: number
  /** A connection that is there already, for the first that the case makes. */
  readonly made?: Socket | undefined
  /** Is told how long each answer took, in milliseconds. */
  readonly took?: (ms: number) => void
}

/** Plays one case to a server. Undefined when it passed. */
export async function runCase(aCase: Case, address: Address, playing: Playing = {}): Promise<Failure | undefined> {
  if (aCase.writes !== 'split at every byte') return new Run(aCase, address, playing).run()
  const first = sendsFrom(aCase.script, 0).reduce((sum, step) => sum + step.bytes.length, 0)
  for (let at = 1; at < first; at++) {
    const failure = await new Run(aCase, address, playing, at).run()
    if (failure) return { ...failure, sent: [...failure.sent, `(split after ${at} bytes)`] }
  }
  return undefined
}

type Send = Extract<Step, { kind: 'send' }>
export type Expected = Extract<Step, { kind: 'message' | 'closed' }>

/** The steps from index `i` on, as far as they are of this kind. */
function prefix<S extends Step>(
  script: readonly Step[],
  i: number,
  is: (step: Step) => step is S,
): S[] {
  const steps: S[] = []
  for (let step = script[i]; step && is(step); step = script[++i]) steps.push(step)
  return steps
}

/** The sends that go in one write: one after the other, on one connection. */
function sendsFrom(script: readonly Step[], i: number): Send[] {
  const on = script[i]!.on
  return prefix(script, i, (step): step is Send => step.kind === 'send' && step.on === on)
}

function isExpected(step: Step): step is Expected {
  return step.kind === 'message' || step.kind === 'closed'
}

function isRequired(step: Expected): boolean {
  return step.kind !== 'message' || !step.optional
}

class Run {
  readonly #case: Case
  readonly #bound: number
  readonly #splitAt: number
  readonly #connections: Connections
  readonly #sent: string[] = []
  /** Lines that may come true later, or never. */
  #optional: Expected[] = []
  #probes = 0
  #line = 0
  readonly #before: Arrival[] = []
  readonly #took: (ms: number) => void

  constructor(aCase: Case, address: Address, { bound = 5000, made, took = () => {} }: Playing, splitAt = 0) {
    this.#case = aCase
    this.#bound = bound
    this.#took = took
    this.#splitAt = splitAt
    this.#connections = new Connections(address, aCase.framing, made)
  }

  async run(): Promise<Failure | undefined> {
    try {
      await this.#play()
    } catch (thrown) {
      if (thrown instanceof Failed) return thrown.failure
      const { line } = this.#case
      const says = (thrown as Error).message
      return this.#failed(line, [], { at: 0, says }, undefined, false).failure
    } finally {
      this.#connections.leaveAll()
    }
    return undefined
  }

  async #play(): Promise<void> {
    const { script } = this.#case
    for (let i = 0; i < script.length; i++) {
      const step = script[i]!
      if (step.kind === 'send') {
        const sends = sendsFrom(script, i)
        await this.#send(sends)
        i += sends.length - 1
      } else if (isExpected(step)) {
        const group = prefix(script, i, isExpected)
        await this.#receive(group)
        i += group.length - 1
      } else if (step.kind === 'nothing') {
        await this.#receiveNothing(step.on, step.line)
      } else if (step.kind === 'end') {
        this.#sent.push(step.text)
        await this.#connections.end(step.on)
      } else if (step.kind === 'leave') {
        this.#connections.leave(step.on)
      }
    }
    // Whatever has come must have been expected: nothing twice, nothing late.
    const last = script.at(-1)?.line ?? this.#case.line
    for (const on of this.#connections.open) {
      await this.#receiveNothing(on, last)
      this.#connections.leave(on)
    }
  }

  async #send(sends: Send[]): Promise<void> {
    for (const { text } of sends) if (this.#sent.at(-1) !== text) this.#sent.push(text)
    const bytes = Buffer.concat(sends.map((send) => send.bytes))
    const at = this.#splitAt
    const chunks = at > 0 ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes]
    const drip = this.#case.writes === 'one byte at a time'
    const writes = drip ? Array.from(bytes, (byte) => Buffer.of(byte)) : chunks
    await this.#connections.send(sends[0]!.on, writes)
  }

  /** Sends one more request: its answer must be the next thing that comes. */
  async #receiveNothing(on: string, line: number): Promise<void> {
    const id = 9000 + ++this.#probes
    const probe = `{"jsonrpc":"2.0","id":${id},"method":"say","params":{"text":"one more"}}`
    await this.#connections.send(on, [frame(this.#case.framing, Buffer.from(probe))])
    const pattern = readJson(`{"jsonrpc":"2.0","result":"You said: one more","id":${id}}`)
    const text = `${on === 'A' ? '' : `${on} `}nothing, then the answer to one more request`
    await this.#receive([{ kind: 'message', on, line, text, pattern, optional: false, inPieces: false }])
  }

  async #receive(group: Expected[]): Promise<void> {
    const pending = [...group, ...this.#optional]
    this.#line = group[0]!.line
    let required = group.filter(isRequired).length
    while (required > 0) {
      const since = performance.now()
      const arrival = await this.#connections.next(this.#bound)
      if (!arrival) throw this.#silent(pending.filter(isRequired))
      if (arrival.kind === 'message') this.#took(performance.now() - since)
      const { index, difference, rest } = firstMatch(pending, arrival)
      if (index < 0) {
        const here = pending.filter((step) => step.on === arrival.on)
        const shown = here.length > 0 ? here : pending.filter(isRequired)
        throw this.#failed(shown[0]!.line, shown, difference, arrival)
      }
      this.#before.push(arrival)
      const [found] = pending.splice(index, 1, ...(rest ? [rest] : []))
      if (rest) continue
      if (isRequired(found!)) required--
      if (arrival.kind !== 'closed') continue
      const late = pending.find((step) => step.on === arrival.on && isRequired(step))
      const says = 'the connection ended before this came'
      if (late) throw this.#failed(late.line, [late], { at: 0, says }, arrival)
      this.#connections.leave(arrival.on)
    }
    this.#optional = pending
  }

  /** Nothing came, or not all of a message. */
  #silent(open: Expected[]): Failed {
    const says = `nothing came for ${Math.round(this.#bound)} ms`
    for (const { on } of open) {
      const rest = this.#connections.transcripts.get(on)?.rest() ?? Buffer.alloc(0)
      if (rest.length === 0) continue
      const raw = rest.toString('latin1')
      const half = { on, kind: 'noise', raw, at: raw.length, says: `the message ends here, and ${says.replace('nothing', 'nothing more')}` } as const
      return this.#failed(open[0]!.line, open, half, half, false)
    }
    return this.#failed(open[0]!.line, open, { at: 0, says }, undefined, false)
  }

  #failed(
    line: number,
    expected: Expected[],
    difference: Difference,
    arrival: Arrival | undefined,
    decided = true,
  ): Failed {
    const texts = [...new Set(expected.map((step) => step.text))]
    const on = arrival?.on ?? expected[0]?.on ?? 'A'
    const later = this.#case.script.filter(isExpected).filter((step) => step.line > this.#line && !expected.includes(step))
    const common = { case: this.#case, line, sent: this.#sent, expected: texts, on, pending: expected, later }
    const known = { transcripts: this.#connections.transcripts, before: this.#before }
    return new Failed({ ...common, ...known, difference, decided, ...(arrival && { arrival }) })
  }
}

class Failed extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.difference.says)
    this.failure = failure
  }
}

/** Finds the expected line that this arrival fulfils, or else (-1) the nearest difference. */
function firstMatch(
  pending: Expected[],
  arrival: Arrival,
): { index: number; difference: Difference; rest?: Expected | undefined } {
  const compare = comparer(arrival)
  let difference: Difference | undefined
  let rest: Expected | undefined
  const index = pending.findIndex((step) => {
    if (step.on !== arrival.on) return false
    const found = compare(step)
    if (found && 'at' in found) difference = farthest([difference, found])
    else rest = found?.rest
    return !found || 'rest' in found
  })
  return { index, difference: difference ?? { at: 0, says: 'something else came first' }, rest }
}

/** Tells what makes this arrival not an expected one; if it is one, what must still come of it, or nothing. */
function comparer(arrival: Arrival): (expected: Expected) => Difference | { rest: Expected | undefined } | undefined {
  if (arrival.kind === 'noise') return () => arrival
  if (arrival.kind === 'closed') {
    const difference = { at: 0, says: 'the connection ended' }
    return (expected) => (expected.kind === 'closed' ? undefined : difference)
  }
  const { raw, bodyAt } = arrival
  const message = readMessage(raw.slice(bodyAt))
  return (expected) => {
    if (expected.kind === 'closed') {
      return { at: 0, says: 'the connection should have ended without this' }
    }
    const found = 'says' in message ? message : compareMessage(expected, message)
    return found && 'says' in found ? { ...found, at: found.at + bodyAt } : found
  }
}

function compareMessage(
  expected: Extract<Expected, { kind: 'message' }>,
  message: Node,
): Difference | { rest: Expected | undefined } | undefined {
  if (expected.others?.some((other) => !matchMessage(other, message))) return undefined
  if (!expected.inPieces) return matchMessage(expected.pattern, message)
  const found = matchPiece(expected.pattern, message)
  if ('says' in found) return found
  return { rest: found.rest && { ...expected, pattern: found.rest } }
}

function readMessage(text: string): Node | Difference {
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      const { at, message } = error
      return { at, says: message }
    }
    if (error instanceof RangeError) return { at: 0, says: 'this is nested too deeply' }
    throw error
  }
}
