// Runs scenarios on the real kernel in a child process: a call that blocks for ever would stop
// the test runner for good, so a child gets SIGKILL when its time is over.
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const TIME_LIMIT_MS = 50_000

interface Child {
  process: ChildProcess
  /** Everything the child printed, once it has ended with code 0. */
  output: Promise<string>
}

/** Starts `kernel-child.ts` with arguments. `onLine` is called with each line that it prints. */
export function startChild(args: string[], onLine: (line: string) => void = () => {}): Child {
  const program = fileURLToPath(new URL('kernel-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...args])
  const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS)
  let text = ''
  let errors = ''
  createInterface(child.stdout).on('line', onLine)
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  const output = new Promise<string>((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(text)
      else reject(new Error(`the child ended with ${signal ?? code}: ${text}${errors}`))
    })
  })
  return { process: child, output }
}
