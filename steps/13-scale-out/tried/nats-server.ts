import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether there is a `nats-server` to be started. */
export const isInstalled = spawnSync('nats-server', ['--version']).status === 0

export const notInstalled = 'nats-server is not installed (Debian: apt-get install nats-server)'

/** What it is started with. */
export interface NatsServerOptions {
  /** Keeps what it is told to keep, in a folder of its own. */
  jetstream?: boolean
  /** More for its configuration file's place: words of its command line. */
  args?: readonly string[]
}

/** A nats-server in a process of its own, on loopback. */
export class NatsServer {
  readonly #args: readonly string[]
  readonly #folder: string
  #process: ChildProcess | undefined
  port = -1

  private constructor(folder: string, args: readonly string[]) {
    this.#folder = folder
    this.#args = args
  }

  /** Starts one on a free port. Rejects if it does not become ready. */
  static async start({ jetstream = false, args = [] }: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'nats-'))
    const server = new NatsServer(folder, [...(jetstream ? ['-js', '-sd', folder] : []), ...args])
    await server.start()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Again on the same port, with what it had kept. */
  async start(): Promise<void> {
    const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(this.port), ...this.#args], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${log}`)))
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text
        const port = /Listening for client connections on .*:(\d+)/.exec(log)?.[1]
        if (port !== undefined) this.port = Number(port)
        if (log.includes('Server is ready')) resolve()
      })
    })
    child.stderr.removeAllListeners('data').resume()
    child.removeAllListeners('exit')
  }

  /** Stops answering, and keeps all its connections. */
  freeze(): void {
    const { pid } = this.#process!
    this.#process!.kill('SIGSTOP')
    // It has several threads, and they do not stop all at once.
    while (!/T/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout));
  }

  thaw(): void {
    this.#process!.kill('SIGCONT')
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process!
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** Ends it, and removes what it has kept. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
