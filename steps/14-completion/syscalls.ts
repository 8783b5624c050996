import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { Crowd } from './measure/crowd.ts'

const usage = `syscalls.ts [options]

Counts how often the servers of three steps go into the kernel for a call, when each of their
connections has one call in flight. Linux only; needs strace.`

/** Each server, and by how many connections it is called. In step 01 each of them needs a thread. */
const servers = [
  { step: '01', program: '../01-blocking-sockets/server.ts', args: ['--threads', '8'], connections: 8 },
  { step: '03', program: '../03-event-loop/server.ts', args: [], connections: 64 },
  { step: '14', program: 'server.ts', args: [], connections: 64 },
] as const
type Server = (typeof servers)[number]
/** What serves a call. Not what Node does for itself: for memory, for its threads, and in a loop of its own, `epoll_pwait`. */
const kinds = 'trace=network,epoll_wait,epoll_ctl,poll,io_uring_enter'

const bundled = fileURLToPath(new URL('../../shared/cli/src/bundled.mjs', import.meta.url))

/** System calls by name, from what `strace -c` has counted. */
function counted(table: string): Map<string, number> {
  // % time, seconds, usecs/call, calls, errors if there were any, syscall
  const lines = table.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/gm)
  return new Map([...lines].filter(([, , name]) => name !== 'total').map(([, count, name]) => [name!, Number(count)]))
}

async function count({ program, args, connections }: Server, calls: number): Promise<Map<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'syscalls-'))
  const table = join(folder, 'table')
  const file = fileURLToPath(new URL(program, import.meta.url))
  // As one file, or each of many threads would compile the sources for itself.
  const node = [process.execPath, bundled, file, '--port', '0', ...args]
  // -f: all threads, -c: a table at the end
  const strace = spawn('strace', ['-f', '-c', '--seccomp-bpf', '-e', kinds, '-o', table, ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(strace, 'exit')
  let server: number | undefined
  try {
    const said = await Promise.race([once(strace.stdout, 'data'), once(strace.stdout, 'end')])
    const [, host = '', port] = /^listening on (\S+):(\d+)/.exec(String(said[0])) ?? []
    if (port === undefined) throw new Error(`${program} does not listen; does strace work here?`)
    // To end strace would leave the server running.
    const children = await readFile(`/proc/${strace.pid}/task/${strace.pid}/children`, 'latin1')
    server = Number.parseInt(children)
    const crowd = new Crowd({ host, port: Number(port) }, connections)
    crowd.call(calls / connections)
    crowd.close()
    process.kill(server)
    await exited
    return counted(await readFile(table, 'utf8'))
  } finally {
    if (strace.exitCode === null && strace.signalCode === null) process.kill(server ?? strace.pid!, 'SIGKILL')
    await rm(folder, { recursive: true })
  }
}

await main(async () => {
  const { each } = readOptions(usage, { each: numberOption('N', 'calls on each of 64 connections', 500, 1, 100_000) })
  if (spawnSync('strace', ['--version']).status !== 0) throw new Error('this needs strace')
  const calls = 64 * each
  const counts: Map<string, number>[] = []
  for (const server of servers) counts.push(await count(server, calls))

  const line = (name: string, cells: (string | number)[]) =>
    console.log(name.padEnd(16) + cells.map((cell) => String(cell).padStart(8)).join(''))
  const perCall = (n: number) => (isSeldom(n) ? '-' : (n / calls).toFixed(2))
  const isSeldom = (n: number) => n / calls < 0.005
  line('step', servers.map(({ step }) => step))
  line('connections', servers.map(({ connections }) => connections))
  console.log('\nsystem calls for a call')
  for (const name of new Set(counts.flatMap((count) => [...count.keys()]))) {
    const found = counts.map((count) => count.get(name) ?? 0)
    if (!found.every(isSeldom)) line(name, found.map(perCall))
  }
  line('together', counts.map((count) => perCall([...count.values()].reduce((sum, n) => sum + n, 0))))
})
