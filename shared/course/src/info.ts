import type { BenchInfo } from './bench.ts'
import type { OwnOptions } from './options.ts'

/** The parts of the course, in the order in which they are read. */
export const parts = ['waiting', 'serving', 'below the loop'] as const
/** One of them. */
export type Part = (typeof parts)[number]

/** The systems that the course knows, as Node names them. */
export type System = 'linux' | 'darwin' | 'win32'

/** What starts a step, and what a step may take no part in. */
export type Suite = 'conformance' | 'interop' | 'chaos'

/**
 * What a step says of itself: the default export of its `step.ts`. All who list steps read it, so
 * it is data and no more; the site's pages get it as JSON.
 */
export interface StepInfo {
  title: string
  /** What the program does while it waits, after "the program": "sleeps in the kernel". */
  waiting: string
  part: Part
  /** Of a step after those that wait: what it adds, in a line, for the home page. */
  adds?: string
  /** What its programs take on the command line beside what all take, by name. */
  options?: OwnOptions
  /** How its servers stand in a row, each asking the one behind it, where they can. */
  chain?: ChainInfo
  /** How several of its servers stand side by side, of which any may be asked, where they can. */
  group?: GroupInfo
  /** How an answer comes in pieces, where it can. */
  pieces?: PiecesInfo
  /** A program of it that fills the folder which others are told of: `--certificates certificates`, if this is `certificates`. */
  makes?: string
  /** Systems on which it cannot run, and why. */
  notOn?: Partial<Readonly<Record<System, string>>>
  /** Its server when it is started without options. */
  server?: Serving
  /** Other ways of starting its server. */
  ways?: readonly Way[]
  /** It takes addresses of numbers only, and no names. */
  numericHosts?: true
  /** What takes no notice of it, and why. */
  except?: Partial<Readonly<Record<Suite, string>>>
  /** How the model sees it; left out, the model does not know it. */
  model?: ModelInfo
  /** What it must reach in the benchmark, in which its `bench.ts` makes the calls. */
  bench?: BenchInfo
}

/** What a server does and does not do. */
export interface Serving {
  /** Clients that it serves at the same time: one, as many as it has threads, or (left out) all. */
  clients?: 'one' | 'threads'
  /** Cases of the conformance suite that it fails, and why: if it passes one, that is a failure. */
  mustFail?: Cases
  /** Cases that make no sense for it, and why. */
  skip?: Cases
}

/** Names of cases, `FILE: NAME`, and a reason for each. */
export type Cases = Readonly<Record<string, string>>

/** A way of starting a server. */
export interface Way extends Serving {
  /** What it is started with, such as `--threads 4`, or another program that is started. */
  args: string
  /** `args` is the name of a program, which does as a server does. */
  isProgram?: true
  /** What takes no notice of this way, and why. */
  except?: Partial<Readonly<Record<Suite, string>>>
}

/** What makes a chain of a step's servers. */
export interface ChainInfo {
  /** The option that says how many there are, which no program takes; left out, there is one. */
  hops: string
  /** The option of the server that takes the `HOST:PORT` of the one behind it. */
  upstream: string
  /** The method that has the server behind called: its parameters are `{ method, params }`. */
  relay: string
}

/** What makes a group of a step's servers. */
export interface GroupInfo {
  /** The option that says how many there are, which no program takes; left out, there is one. */
  copies: string
  /** The option of the client that takes the `HOST:PORT` of each, with commas between them. */
  addresses: string
  /** The option that says after how many milliseconds one of them is killed, which no program takes; left out, none is. */
  killed: string
}

/** What makes a long wait a stream: in each item of it is a part of the wait. */
export interface PiecesInfo {
  /** The option with which it is one. */
  option: string
  /** The method whose answer it is: its parameters are `{ ms, items }`. */
  method: string
  /** Parts of the wait, and items of the answer. */
  items: number
  /** The option, which no program takes, that says how many items there are instead: then the wait is so much longer. */
  many?: string
}

/** What of a step decides how long a run takes. */
export interface ModelInfo {
  /** Calls that a client makes before it waits for an answer: one, all, or what an option says. */
  atOnce: 1 | 'all' | { option: string }
  /** A thread serves one client until it leaves, and sleeps in the kernel for it. */
  blocking?: true
  /** The option that says how many such threads there are. */
  threads?: string
  /** Requests wait for one of so many workers, as an option says; `usual` is how many there are without it. */
  workers?: { option: string; usual: number }
  /** The system call that its one thread sleeps in; or by the value of an option, on Linux the usual one. */
  sleepsIn?: string | { option: string; usual: string; calls: Readonly<Record<string, string>> }
}
