import type { BenchRequest } from '@rpc-steps/course'
import { mulberry32 } from '@rpc-steps/sockets/random'
import type { Random } from '@rpc-steps/sockets/random'
import { between, magnitude } from './random.ts'

/** One call of the traffic, and what must come of it. */
export interface Planned extends BenchRequest {
  /** The result; undefined where the parameters are wrong, which must be said. */
  expected: unknown
}

/** What a client does on one connection: these calls, some of them in flight at the same time. */
export interface Lane {
  calls: readonly Planned[]
  atOnce: number
}

/** The lanes of one client: the same for the same seed and name. The first of them has a call of 1 MB. */
export function lanesOf(seed: number, name: string, count: number): Lane[] {
  return Array.from({ length: count }, (_, lane) => {
    const random = mulberry32(Math.imul(seed, 0x85ebca6b) + lane * 2 + (name === 'own' ? 1 : 0))
    const calls = Array.from({ length: between(random, 4, 16) }, (_, i) => planned(random, `${name} ${seed}.${lane}.${i}`))
    if (lane === 0) calls[between(random, 0, calls.length - 1)] = say(`${name} ${seed}`, 1 << 20)
    return { calls, atOnce: between(random, 1, 10) }
  })
}

function planned(random: Random, name: string): Planned {
  const kind = random()
  if (kind < 0.1) return { method: 'say', params: {}, expected: undefined }
  if (kind < 0.25) {
    const ms = between(random, 0, 20)
    return { method: 'sleep', params: { ms }, expected: ms }
  }
  return say(name, magnitude(random, 10, kind < 0.4 ? 100_000 : 1_000))
}

// Of one, two, three and four bytes: a wrong cut shows.
const filler = 'xä€😀'

/** So many bytes, which no other call has. */
function say(name: string, bytes: number): Planned {
  const text = name + filler.repeat(Math.ceil(bytes / 10))
  return { method: 'say', params: { text }, expected: `You said: ${text}` }
}

/** What came of a call. The connection may be cut, and a server may be full; it may not be wrong. */
export type Outcome = 'right' | 'refused' | 'lost' | 'wrong'

/** -32029 and -32014: full, and about to end. */
const busy = [-32029, -32014]
/** -32700 and -32600: what is told to whoever ends inside a message. */
const broken = [-32700, -32600]
const lost = ['ERR_DISCONNECTED', 'ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENOTCONN']

/** Looks at what came of a call; `why` says what was wrong. */
export function judge({ method, expected }: Planned, error: Error | null, answer: unknown): { outcome: Outcome; why?: string } {
  if (error === null) {
    return answer === expected ? { outcome: 'right' } : { outcome: 'wrong', why: `${method} was answered with ${short(answer)}` }
  }
  const { code } = error as { code?: unknown }
  if (code === -32602 && expected === undefined) return { outcome: 'right' }
  if (busy.includes(code as number)) return { outcome: 'refused' }
  if (lost.includes(code as string) || broken.includes(code as number)) return { outcome: 'lost' }
  return { outcome: 'wrong', why: `${method} failed with "${error.message}"${code === undefined ? '' : ` (${String(code)})`}` }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}... (${text.length} characters)` : text
}
