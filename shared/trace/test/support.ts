import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'
import { traceChannel } from '../src/index.ts'
import type { TraceEvent } from '../src/index.ts'

/** A place for files, removed after the tests. */
export function temporaryFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'rpc-steps-trace-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name) => join(folder, name)
}

/** A fixture in a process of its own, that ends with the test at the latest. */
export function startFixture(name: string, ...args: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
  const tsx = import.meta.resolve('tsx')
  const child = spawn(process.execPath, ['--import', tsx, file, ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** The `marker` fixture: `mark` returns once the mark is in the trace. */
export function startMarker(file: string, name: string) {
  const child = startFixture('marker.ts', file, name)
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    child,
    async mark(text: string) {
      child.stdin!.write(`${text}\n`)
      const { value } = await lines.next()
      if (value !== text) throw new Error(`the fixture printed ${value}, not ${text}`)
    },
    async end(line?: string) {
      child.stdin!.end(line)
      const [code] = await once(child, 'exit')
      return code as number | null
    },
  }
}

/** The events that a function publishes. */
export function eventsOf(run: () => void): TraceEvent[] {
  const events: TraceEvent[] = []
  const onEvent = (event: unknown) => events.push(event as TraceEvent)
  traceChannel.subscribe(onEvent)
  try {
    run()
  } finally {
    traceChannel.unsubscribe(onEvent)
  }
  return events
}
