import type { TraceEvent } from '@rpc-steps/trace'
import type { Choices } from './plan.ts'

/** What the lab offers to the pages of its own site, in `<meta name="rpc-steps-lab">`. */
export interface Offer {
  /** To be sent along with a plan, in the header `tokenHeader`. */
  token: string
  /** Milliseconds after which a run is ended. */
  limit: number
  /** Of options with a choice, those that this machine has. */
  choices: Choices
  /** Steps that this machine cannot run, and why. */
  missing: Record<string, string>
  /** The exercises that were right once, by their ids. */
  done: string[]
}

export const tokenHeader = 'x-rpc-steps-token'
/** Where a plan is posted to, under the base of the site. */
export const runPath = '__lab/run'
/** Where the id of an exercise is posted to, as `{"exercise":"03-dispatch"}`. */
export const checkPath = '__lab/check'

/** Where what is said to the run that goes on is posted to: an option's new value, as `{"slow":250}`, or `{"stop":true}`. */
export const tellPath = '__lab/tell'

/** Where a server is asked for that the page itself will call. */
export const servePath = '__lab/serve'

/** What came of a check, and what the terminal would say of it. */
export interface CheckAnswer {
  result: 'right' | 'wrong' | 'broken' | 'not begun'
  text: string
}

/** How a run ended. Nobody is told `stopped`: whoever stops a run hangs up on it. */
export type Ending = 'done' | 'limit' | 'failed'

/** One line of the answer to a plan: JSON, then a line end. Programs are known by their names. */
export type Message =
  /** Another run is under way, and this one begins after it. */
  | { kind: 'waiting' }
  /** A program was started; `command` is how a reader would start it. */
  | { kind: 'started'; program: string; pid: number; command: string }
  | { kind: 'output'; program: string; error: boolean; text: string }
  /** What the programs have traced since the last time. */
  | { kind: 'events'; events: TraceEvent[] }
  | { kind: 'exited'; program: string; code: number | null; signal: string | null }
  | { kind: 'ended'; ending: Ending; why: string }

/** The same of a server that stands for a page to call; of its work it is told when each piece ends. */
export type Standing =
  | Extract<Message, { kind: 'started' | 'events' | 'ended' }>
  /** It listens, at these addresses. */
  | { kind: 'open'; http: string; websocket: string }
