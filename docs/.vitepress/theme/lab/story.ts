import type { TraceEvent } from '@rpc-steps/trace'
import type { Ending, Message } from '../../lab/messages.ts'
import { tidy, tidySoFar } from '../../record/tidy.ts'

export type State = 'idle' | 'starting' | 'waiting' | 'running' | 'stopped' | Ending

/** A program that the lab has started. */
export interface Program {
  name: string
  pid: number
  command: string
  output: readonly { error: boolean; text: string }[]
  /** How it ended, in words; undefined while it runs. */
  exit?: string
}

/** All that is known of one run. */
export interface Story {
  state: State
  /** Why it ended as it did, when there is more to say. */
  why: string
  programs: readonly Program[]
  /** As the programs have traced them. */
  raw: readonly TraceEvent[]
}

export const untold: Story = { state: 'idle', why: '', programs: [], raw: [] }

/** The story with one more message in it. */
export function hear(story: Story, message: Message): Story {
  const about = (name: string, change: (program: Program) => Program) =>
    story.programs.map((program) => (program.name === name ? change(program) : program))
  switch (message.kind) {
    case 'waiting':
      return { ...story, state: 'waiting' }
    case 'started': {
      const { program: name, pid, command } = message
      return {
        ...story,
        state: 'running',
        programs: [...story.programs, { name, pid, command, output: [] }],
      }
    }
    case 'output': {
      const { program, error, text } = message
      const add = (p: Program) => ({ ...p, output: [...p.output, { error, text }] })
      return { ...story, programs: about(program, add) }
    }
    case 'events':
      return { ...story, raw: [...story.raw, ...message.events] }
    case 'exited': {
      const { program, code, signal } = message
      const asked = signal === 'SIGTERM' ? ', as it was asked to' : ''
      const exit = signal === null ? `exit code ${code}` : `ended by ${signal}${asked}`
      return { ...story, programs: about(program, (p) => ({ ...p, exit })) }
    }
    case 'ended':
      return { ...story, state: message.ending, why: message.why }
  }
}

/** Whether the story goes on. */
export function goesOn({ state }: Story): boolean {
  return state === 'starting' || state === 'waiting' || state === 'running'
}

/** The trace as recorded ones are, clients numbered in the order of their start. */
export function traceOf(story: Story): TraceEvent[] {
  const isClient = ({ name }: Program) => name.startsWith('client')
  const servers = story.programs.filter((program) => !isClient(program))
  if (servers.length === 0) return []
  // A chain is started from its end.
  servers.sort((a, b) => (a.name < b.name ? -1 : 1))
  const names = new Map([...story.programs.filter(isClient), ...servers].map(({ pid, name }) => [pid, name]))
  const answered = story.raw.some(({ ph, cat }) => ph === 'e' && cat === 'call')
  return story.state === 'done' && answered ? tidy(story.raw, names) : tidySoFar(story.raw, names)
}
