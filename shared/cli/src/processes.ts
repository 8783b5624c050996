import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A program that was started. */
export interface Running {
  readonly process: ChildProcess
  readonly pid: number
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  readonly exited: Promise<Exit>
  /** Waits until its stdout matches. Rejects when it ends first, or after `ms` milliseconds. */
  printed(pattern: RegExp, ms?: number): Promise<RegExpExecArray>
  /** Asks it to end, and waits until it has. After `ms` milliseconds it is killed. */
  stop(signal?: NodeJS.Signals, ms?: number): Promise<Exit>
}

export interface RunningServer extends Running {
  readonly host: string
  readonly port: number
}

// Not the tsx command: that is a parent of the real program, and killing it leaves an orphan. Tests start hundreds
// of programs, each as one file: see there.
const through =
  process.env['VITEST'] === undefined
    ? ['--import', import.meta.resolve('tsx')]
    : [fileURLToPath(new URL('bundled.mjs', import.meta.url))]

/** Where a program runs; what is not given, is as it is here. */
export interface Surroundings {
  cwd?: string | URL
  env?: NodeJS.ProcessEnv
  /** With a channel for messages, too. */
  ipc?: boolean
}

/** Starts a TypeScript program in a Node process of its own. */
export function start(
  file: string | URL,
  args: readonly string[] = [],
  { ipc = false, ...surroundings }: Surroundings = {},
): Running {
  const path = typeof file === 'string' ? file : fileURLToPath(file)
  const child = spawn(process.execPath, [...through, path, ...args], {
    ...surroundings,
    stdio: ipc ? ['pipe', 'pipe', 'pipe', 'ipc'] : 'pipe',
  })
  const output = { stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  // A program that ends without reading its stdin must not end us with EPIPE.
  child.stdin!.on('error', () => {})
  const closed = once(child, 'close') as Promise<[Exit['code'], Exit['signal']]>
  const exited = closed.then(([code, signal]) => ({ code, signal }))

  const printed = (pattern: RegExp, ms = 30_000) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output.stdout)
        if (match) settle(() => resolve(match))
      }
      const fail = (why: string) =>
        settle(() => reject(new Error(`${path} ${why}; stderr: ${output.stderr.trim()}`)))
      const settle = (done: () => void) => {
        clearTimeout(timer)
        child.stdout!.off('data', look)
        done()
      }
      const timer = setTimeout(() => fail(`did not print ${pattern} in ${ms} ms`), ms)
      void exited.then(({ code, signal }) => fail(`ended with ${code ?? signal}`))
      child.stdout!.on('data', look)
      look()
    })

  const stop = async (signal: NodeJS.Signals = 'SIGTERM', ms = 20_000) => {
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    const exit = await exited
    clearTimeout(timer)
    return exit
  }
  const { stdout, stderr } = { stdout: () => output.stdout, stderr: () => output.stderr }
  return { process: child, pid: child.pid!, stdout, stderr, exited, printed, stop }
}

/** Waits until a step's server says where it listens. */
export async function listening(server: Running): Promise<{ host: string; port: number }> {
  const [, host = '', port] = await server.printed(/^listening on \[?(\S+?)\]?:(\d+)\s/m)
  return { host, port: Number(port) }
}

/** Starts a step's server on a free port, and waits until it listens. */
export async function startServer(
  file: string | URL,
  args: readonly string[] = [],
): Promise<RunningServer> {
  const server = start(file, args.includes('--port') ? args : ['--port', '0', ...args])
  try {
    return { ...server, ...(await listening(server)) }
  } catch (error) {
    await server.stop('SIGKILL')
    throw error
  }
}

/** MiB that a process has of the machine's memory; undefined where there is no /proc to read it from. */
export async function resident(pid: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]) / 1024
}

/**
 * Runs a program to its end, with something to read on stdin if need be. After `ms` milliseconds
 * it is killed.
 */
export async function run(
  file: string | URL,
  args: readonly string[] = [],
  input = '',
  ms = 60_000,
  surroundings: Surroundings = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const program = start(file, args, surroundings)
  program.process.stdin!.end(input)
  const timer = setTimeout(() => program.process.kill('SIGKILL'), ms)
  const exit = await program.exited
  clearTimeout(timer)
  return { ...exit, stdout: program.stdout(), stderr: program.stderr() }
}

/** A program, by its address, and what it is started with. */
export interface Program {
  file: string
  args: readonly string[]
}

/** What came of a program that was run among others. */
export interface Ran {
  code: number
  stdout: string
  stderr: string
  /** What it left open, which would have kept it from ending. */
  left: string[]
}

/**
 * Runs programs that end by themselves, one after the other in one process, and resolves with what came of
 * each. Rejects when one of them ends or hangs all, and says which. After `ms` milliseconds it is killed.
 */
export async function runInTurn(programs: readonly Program[], ms = 110_000, surroundings: Surroundings = {}): Promise<Ran[]> {
  const { stdout, stderr } = await run(new URL('in-turn.ts', import.meta.url), [], JSON.stringify(programs), ms, surroundings)
  const ran = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Ran]))
  const last = programs[ran.length]
  if (last) throw new Error(`${[last.file, ...last.args].join(' ')} did not come to an end: ${stderr.trim()}`)
  // Who says nothing may be another program under a second name, which is not run again.
  for (const [i, one] of ran.entries()) {
    const { file, args } = programs[i]!
    if (one.stdout + one.stderr !== '') continue
    const { code, stdout, stderr } = await run(new URL(file), args, '', 30_000, surroundings)
    ran[i] = { ...one, code: code ?? -1, stdout, stderr }
  }
  return ran
}
