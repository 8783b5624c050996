import type { CallWords } from '@rpc-steps/cli'
import type { Program } from '../command.ts'
import { startProgram } from '../command.ts'

/** A client that is judged: something that can be started again and again. */
export interface Client {
  /** How it is started, for people. */
  readonly name: string
  /** Whether it takes calls; if not, it makes those that it likes. */
  readonly takesCalls: boolean
  /** The least that is waited for it before it is said to hang, in milliseconds. */
  readonly patience: number
  start(port: number, calls: readonly CallWords[]): Promise<Program>
}

/** A client that a command starts: `{port}` stands for the port, a word `{calls}` for METHOD PARAMS and so on. */
export function commandClient(command: string): Client {
  return {
    name: command,
    takesCalls: command.includes('{calls}'),
    patience: 700,
    start(port, calls) {
      // In quotes of their own: a JSON text is one word. None of ours has such a quote in it.
      const words = calls.flatMap(({ method, params }) => (params ? [method, JSON.stringify(params)] : [method]))
      const filled = command.replaceAll('{calls}', () => words.map((word) => `'${word}'`).join(' '))
      return startProgram(filled, { port: String(port) })
    },
  }
}
