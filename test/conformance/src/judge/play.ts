import type { CallWords } from '@rpc-steps/cli'
import type { Exit } from '../command.ts'
import type { Client } from './client.ts'
import { Host } from './host.ts'
import type { Manner } from './manner.ts'

/** How long this client is waited for, in milliseconds. */
export interface Pace {
  /** Until it connects. */
  readonly start: number
  /** After anything has happened. */
  readonly wait: number
}

/** What a client did with one server. */
export interface Played {
  readonly host: Host
  readonly stdout: string
  readonly stderr: string
  /** How it ended by itself; undefined when it had to be stopped. */
  readonly exit: Exit | undefined
  /** It did nothing more, so the server ended its connections: what it had printed until then. */
  readonly stalled: string | undefined
  /** How many bytes it had sent until then. */
  readonly sentBefore: number
  /** Milliseconds from its start to its first connection, and until it had ended. */
  readonly connected: number
  readonly took: number
}

/** Plays one server to a client, until it ends or does nothing more. */
export async function play(client: Client, manner: Manner, pace: Pace, calls: readonly CallWords[]): Promise<Played> {
  const host = new Host(manner, Math.min(pace.wait / 3, 150))
  const port = await host.listen()
  const began = performance.now()
  try {
    const program = await client.start(port, calls)
    let connected = Infinity
    let printed = 0
    const until = async (bound: () => number) => {
      for (let over = 0; ; ) {
        if (program.exit()) {
          await program.exited
          return true
        }
        if (host.floods) return false
        if (host.links.length > 0) connected = Math.min(connected, performance.now() - began)
        if (program.stdout().length > printed) {
          printed = program.stdout().length
          host.touch()
        }
        const left = host.last + bound() - performance.now()
        // Looked at twice: after a moment in which this process did not run, what had come meanwhile is not read yet.
        over = left <= 0 && !host.busy ? over + 1 : 0
        if (over > 2) return false
        await news(host, program.exited, Math.max(5, Math.min(left, 50)))
      }
    }
    // A header or a body that is wrong is not waited for as one that is late.
    const broken = () => host.links.some((link) => link.bytes.length > link.at)
    let ended = await until(() => (host.links.length === 0 ? pace.start : broken() ? Math.min(pace.wait, 400) : pace.wait))
    let stalled: string | undefined
    const sentBefore = host.links.reduce((sum, link) => sum + link.bytes.length, 0)
    if (!ended) {
      stalled = program.stdout()
      for (const link of host.links) void link.end('nothing more happens, so the server ends the connection')
      host.touch()
      ended = host.links.length > 0 && (await until(() => pace.wait))
    }
    const exit = program.exit()
    const took = performance.now() - began
    if (exit) await gone(host)
    await program.stop()
    host.heard()
    return { host, exit, stalled, sentBefore, connected, took, stdout: program.stdout(), stderr: program.stderr() }
  } finally {
    host.close()
  }
}

/** Until something happens, or for so many milliseconds. */
async function news(host: Host, exited: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const soon = new Promise<void>((done) => {
    timer = setTimeout(done, ms)
    host.onProgress = done
  })
  await Promise.race([soon, exited])
  clearTimeout(timer)
}

/** What a client that has ended sent last may still be on its way. */
async function gone(host: Host): Promise<void> {
  const bound = performance.now() + 200
  while (host.links.some((link) => !link.ended && !link.closed) && performance.now() < bound) {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, 20)
      host.onProgress = () => (clearTimeout(timer), done())
    })
  }
}
