import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Program, Ran } from './processes.ts'

/*
 * Runs programs of ours one after the other in this process: a process for each would take most of its time
 * to start. Which ones is read from stdin, as JSON, and each gets a line of JSON that says what came of it.
 * Each may do what ends by itself; whoever leaves something open is told by that, or hangs here, where the
 * last line says who came before it.
 */

/** Thrown where the process would have ended. */
class Ended extends Error {}

const programs = JSON.parse(readFileSync(0, 'utf8')) as Program[]
const { stdout, stderr } = process
const write = stdout.write.bind(stdout)
const print = (line: string) => new Promise<void>((done) => write(line, () => done()))
const exit = process.exit.bind(process)
// Each program listens to them.
for (const stream of [stdout, stderr]) stream.setMaxListeners(0)

/** What keeps a process alive, but for the pipes to who compiles it. */
const open = () => process.getActiveResourcesInfo().filter((what) => !/^(?:Pipe|Process)Wrap$/.test(what))

for (const [i, { file, args }] of programs.entries()) {
  const said = { stdout: '', stderr: '' }
  let code: number | undefined
  const keep = (name: keyof typeof said) => (text: string) => {
    if (code === undefined) said[name] += text
    return true
  }
  process.argv = [process.execPath, file, ...args]
  process.exitCode = undefined
  process.exit = (given) => {
    code ??= Number(given ?? 0)
    throw new Ended()
  }
  Object.assign(stdout, { write: keep('stdout') })
  Object.assign(stderr, { write: keep('stderr') })
  const before = open().length
  try {
    // With a name of its own, or it would not be run again.
    await import(`${file}?${i}`)
  } catch (error) {
    if (!(error instanceof Ended)) said.stderr += String(error)
  }
  // What has been closed takes a moment to be gone, and who waits by callbacks has not said anything yet.
  const busy = () => open().length > before || (code === undefined && said.stdout + said.stderr === '')
  for (const late = performance.now() + 1_000; busy() && performance.now() < late; ) await setTimeout(5)
  const left = open().slice(before)
  code ??= Number(process.exitCode ?? 0)
  await print(`${JSON.stringify({ code, ...said, left } satisfies Ran)}\n`)
}
exit(0)
