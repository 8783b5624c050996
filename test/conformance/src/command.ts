import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { UsageError } from '@rpc-steps/cli'
import type { Address } from './connections.ts'

/** How a program ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program of the reader's, in any language. */
export interface Program {
  readonly pid: number
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  /** How it has ended; undefined while it runs. */
  exit(): Exit | undefined
  readonly exited: Promise<Exit>
  /** Ends it and what it has started, and waits until it has ended. */
  stop(): Promise<void>
}

/** A program that could not be tested: what is wrong with it, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code = 'ERR_COMMAND'
}

const windows = process.platform === 'win32'

/**
 * The words of a command, as a shell would take them: quotes hold a word together, and no more. On
 * Windows a backslash is a part of a path; elsewhere it takes the character behind it as it is.
 */
export function wordsOf(command: string): string[] {
  const piece = windows ? /"([^"]*)"|'([^']*)'|([^\s"']+)/y : /"((?:\\.|[^"\\])*)"|'([^']*)'|((?:\\.|[^\s"'\\])+)/y
  const words: string[] = []
  let at = 0
  let open = false
  while (at < command.length) {
    piece.lastIndex = at
    const found = piece.exec(command)
    if (!found && !/\s/.test(command[at]!)) throw new UsageError(`a quote is not closed in: ${command}`)
    if (!found) open = false
    else {
      const [, double, single, bare] = found
      const text = single ?? (windows ? (double ?? bare)! : (double ?? bare)!.replace(/\\(.)/gs, '$1'))
      if (open) words[words.length - 1] += text
      else words.push(text)
      open = true
    }
    at += found?.[0].length ?? 1
  }
  return words
}

/** Starts a command in whose words `{name}` stands for what `values` has under that name. Throws CommandError. */
export async function startProgram(command: string, values: Readonly<Record<string, string>>): Promise<Program> {
  // Afterwards, so that a value with spaces in it stays a part of its word.
  const words = wordsOf(command).map((word) => word.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all))
  const [file, ...args] = words
  if (file === undefined) throw new UsageError('the command is empty')
  // A group of its own, so that what it starts can be ended with it.
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: !windows, windowsHide: true })
  try {
    await once(child, 'spawn')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const how = code === 'ENOENT' ? 'there is no such program; name it as you would in a shell, or with its path' : code === 'EACCES' ? 'it may not be run as a program; name what runs it before it, as in python3 my_server.py' : (error as Error).message
    throw new CommandError(`cannot start ${file}: ${how}`)
  }
  return watch(child)
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function watch(child: ChildProcess): Program {
  const pid = child.pid!
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      // Of one that prints without an end, the end is enough.
      output[name] = (output[name] + text).slice(-65_536)
    })
  }
  let exit: Exit | undefined
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal }
      // Its last words may still be on their way; a child of its own may hold the pipe for ever.
      const read = Promise.all([child.stdout!, child.stderr!].filter((stream) => !stream.closed).map((stream) => once(stream, 'close')))
      const timer = setTimeout(() => done(exit!), 500)
      void read.then(() => (clearTimeout(timer), done(exit!)))
    })
  })
  // Whatever ends us must not leave it behind, with its port.
  const atExit = () => kill(pid, 'SIGKILL')
  process.once('exit', atExit)
  const interrupted = () => process.exit(130)
  // SIGHUP: the terminal is closed.
  for (const signal of signals) process.once(signal, interrupted)
  const stop = async () => {
    kill(pid, 'SIGTERM')
    const timer = setTimeout(() => kill(pid, 'SIGKILL'), 500)
    await exited
    clearTimeout(timer)
    // It is gone; what it has started and left behind may not be.
    if (!windows) kill(pid, 'SIGKILL')
    for (const stream of [child.stdout!, child.stderr!]) stream.destroy()
    process.off('exit', atExit)
    for (const signal of signals) process.off(signal, interrupted)
  }
  return { pid, exited, exit: () => exit, stop, stdout: () => output.stdout, stderr: () => output.stderr }
}

/** Ends a program and all that it has started. */
function kill(pid: number, signal: NodeJS.Signals): void {
  if (windows) {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true })
    return
  }
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody of its group is left.
  }
}

export interface StartedServer extends Program {
  readonly address: Address
  /** The connection by which it was found to listen, for the first that is asked: some servers have one client only. */
  readonly made: Socket
  /** What is worth knowing of where it listens. */
  readonly notes: readonly string[]
}

/**
 * Starts a server whose command has `{port}`, and waits until something listens there, for at most
 * `ms` milliseconds. Throws CommandError: it has ended, or it listens nowhere, or elsewhere.
 */
export async function startServer(command: string, ms: number): Promise<StartedServer> {
  if (!command.includes('{port}')) throw new UsageError('the command has no {port}: write it where the server takes its port')
  const port = await freePort()
  const program = await startProgram(command, { port: String(port) })
  try {
    const until = Date.now() + ms
    while (Date.now() < until && !program.exit()) {
      for (const host of ['127.0.0.1', '::1']) {
        const made = await connected({ host, port })
        const notes = host === '::1' ? ['it listens on [::1] only: a client that is told 127.0.0.1 does not find it'] : []
        if (!(made instanceof Error)) return { ...program, address: { host, port }, made, notes }
      }
      await Promise.race([new Promise((done) => setTimeout(done, 25)), program.exited])
    }
    if (program.exit()) await program.exited
    throw new CommandError(await whyNot(program, port, ms))
  } catch (error) {
    await program.stop()
    throw error
  }
}

async function whyNot(program: Program, port: number, ms: number): Promise<string> {
  const exit = program.exit()
  if (exit) {
    const how = exit.signal ? `was ended by ${exit.signal}` : `ended by itself with exit code ${exit.code}`
    return `it ${how} before anything listened on port ${port}; ${printed(program)}`
  }
  const elsewhere = await listensOn(program)
  const where = elsewhere.length > 0
    ? elsewhere.includes(port)
      ? `it listens on port ${port}, and not on 127.0.0.1 or [::1], but on another address of this machine: let it listen on 127.0.0.1`
      : `it listens on port ${elsewhere.join(', ')}, not on ${port}, which took the place of {port}`
    : `nothing listens on port ${port} of 127.0.0.1 or [::1] after ${ms} ms, and the program still runs`
  return `${where}; ${printed(program)}`
}

/** The end of what a program has said, on one line. */
export function printed(program: Program): string {
  const last = (text: string) => text.trim().split(/\r?\n/).slice(-3).map((line) => line.trim()).join(' | ').slice(-300)
  const [stdout, stderr] = [last(program.stdout()), last(program.stderr())]
  if (stderr !== '') return `it printed on stderr: ${stderr}`
  return stdout === '' ? 'it printed nothing' : `it printed: ${stdout}`
}

/** Where it listens instead: as Linux knows it; elsewhere, numbers that it has printed, if they are open. */
async function listensOn(program: Program): Promise<number[]> {
  const open = listeningPorts(program.pid)
  if (open.length > 0) return open
  const numbers = [...`${program.stdout()} ${program.stderr()}`.matchAll(/(?<![\d.])\d{2,5}(?![\d.])/g)].map(([n]) => Number(n))
  const ports = [...new Set(numbers)].filter((n) => n < 65536).slice(0, 10)
  const found = await Promise.all(ports.map((port) => accepts({ host: '127.0.0.1', port })))
  return ports.filter((_, i) => found[i])
}

/** Ports on which the processes of a group listen, from /proc (proc(5)); none where there is no such thing. */
function listeningPorts(group: number): number[] {
  const tried = <T>(read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch {
      return otherwise
    }
  }
  const sockets = new Set<string>()
  for (const pid of tried(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))) {
    // After the name in brackets: state, parent, group.
    const stat = tried(() => readFileSync(`/proc/${pid}/stat`, 'utf8'), '')
    if (stat.slice(stat.lastIndexOf(')')).split(' ')[3] !== String(group)) continue
    for (const fd of tried(() => readdirSync(`/proc/${pid}/fd`), [])) {
      sockets.add(tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''))
    }
  }
  const tables = ['tcp', 'tcp6'].map((name) => tried(() => readFileSync(`/proc/net/${name}`, 'utf8'), ''))
  const ports = tables.join('\n').split('\n').flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/)
    const listens = state === '0A' && sockets.has(`socket:[${inode}]`)
    return listens ? [parseInt(local.split(':')[1]!, 16)] : []
  })
  return [...new Set(ports)]
}

async function accepts(address: Address): Promise<boolean> {
  const made = await connected(address)
  if (made instanceof Error) return false
  made.destroy()
  return true
}

/** A connection to this address, or the error with which there is none. */
export async function connected({ host, port }: Address, ms = 1000): Promise<Socket | NodeJS.ErrnoException> {
  // It may be reset before anybody looks at it.
  const socket = connect({ host, port, noDelay: true }).on('error', () => {})
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ms) })
    return socket
  } catch (error) {
    socket.destroy()
    // A name with several addresses, each of which was tried: the first error says enough.
    const first = (error instanceof AggregateError ? error.errors[0] : error) as NodeJS.ErrnoException
    return Object.assign(first.name === 'AbortError' ? new Error(`nothing came in ${ms / 1000} s`) : first, { code: first.code ?? 'ETIMEDOUT' })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
