import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { perform } from '@rpc-steps/cli/perform'
import type { Role } from '@rpc-steps/cli/perform'
import { steps } from '../course.ts'
import { follow } from './follow.ts'
import type { Follower } from './follow.ts'
import { onLeaving } from './leave.ts'
import type { Message } from './messages.ts'
import { castOf, liveOf } from './plan.ts'
import type { Plan } from './plan.ts'

/** The root of the repository. */
export const root = new URL('../../../', import.meta.url)

/** How often new events are looked for, in milliseconds: often enough for the eye. */
export const glance = 40
/** More than any plan makes. Programs that somebody is working on may not know when to stop. */
const mostEvents = 50_000
const mostOutput = 200_000

/**
 * Runs a plan with the step's own programs and tells what they do, as they do it. When the promise
 * is settled, none of them is left.
 *
 * @param signal ends the run
 * @param going is given what says a line to the clients, once they have been let go, if they listen
 * @param home the folder with `steps` in it
 * @throws what the signal was aborted with; Error when a program fails
 */
export async function run(
  plan: Plan,
  tell: (message: Message) => void,
  signal: AbortSignal,
  going: (say: (line: string) => void) => void = () => {},
  home = root,
): Promise<void> {
  const path = `steps/${steps.find(({ number }) => number === plan.step)!.folder}/`
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  const tooMuch = new AbortController()
  const traces = new Map<Role, Follower>()
  const gone: Promise<void>[] = []
  const room = { events: mostEvents, output: mostOutput }

  function look() {
    const events = [...traces.values()].flatMap((trace) => trace.read())
    if (events.length === 0) return
    room.events -= events.length
    if (room.events < 0) tooMuch.abort(new Error('the programs trace more than can be shown'))
    else tell({ kind: 'events', events })
  }
  function entered(role: Role) {
    const { name, args, program } = role
    const command = `npx tsx ${path}${name.split(' ')[0]}.ts ${args.map(quoted).join(' ')}`
    tell({ kind: 'started', program: name, pid: program.pid, command })
    traces.set(role, follow(role.trace))
    const hear = (error: boolean) => (chunk: string) => {
      // What it says because we hold it, and would not say to the reader.
      const text = !error && name.startsWith('client') ? chunk.replace(/^ready\n/, '') : chunk
      room.output -= text.length
      if (room.output < 0) tooMuch.abort(new Error('the programs print more than can be shown'))
      else if (text !== '') tell({ kind: 'output', program: name, error, text })
    }
    program.process.stdout!.on('data', hear(false))
    program.process.stderr!.on('data', hear(true))
    gone.push(
      program.exited.then((exit) => {
        look()
        tell({ kind: 'exited', program: name, ...exit })
      }),
    )
  }
  const kill = () => {
    for (const { program } of traces.keys()) program.process.kill('SIGKILL')
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Windows keeps a file for as long as somebody has it open.
    }
  }

  const takeBack = onLeaving(kill)
  const looking = setInterval(look, glance)
  try {
    await perform(new URL(path, home), castOf(plan), {
      folder,
      signal: AbortSignal.any([signal, tooMuch.signal]),
      entered,
      going: liveOf(plan) && going,
      cwd: root,
      env: plainEnvironment(),
    })
  } finally {
    clearInterval(looking)
    await Promise.all(gone)
    takeBack()
    for (const trace of traces.values()) trace.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What a program needs to start; not what may happen to be set here, such as PORT. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'Path', 'HOME', 'USERPROFILE', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot']
  return Object.fromEntries(
    names.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
  )
}

/** A word as it is typed in a shell. */
export function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word}'`
}
