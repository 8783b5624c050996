import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a process has asked of the kernel while it was watched. */
export interface Asked {
  systemCalls: number
  reads: number
  writes: number
}

/** How V8 gets its memory, and how its threads wait for each other: when, is chance. */
const left = ['futex', 'madvise', 'mmap', 'munmap', 'mprotect', 'brk', 'sched_yield', 'restart_syscall']

/** Why system calls cannot be counted here; undefined if they can. */
export async function whyUncounted(): Promise<string | undefined> {
  if (spawnSync('strace', ['--version']).status !== 0) return 'system calls: strace is not here, which counts them'
  // Whether it may watch what it has not started is for the system to say: ptrace(2), /proc/sys/kernel/yama/ptrace_scope.
  const idle = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  try {
    await counted([idle.pid!], () => Promise.resolve())
    return undefined
  } catch (error) {
    return `system calls: ${(error as Error).message}`
  } finally {
    idle.kill()
  }
}

/** Counts the system calls of a process and all its threads while `work` goes on. Rejects if strace may not watch it. */
export async function counted(pids: readonly number[], work: () => Promise<unknown>): Promise<Asked[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'))
  try {
    return await watched(folder, pids, work)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function watched(folder: string, pids: readonly number[], work: () => Promise<unknown>): Promise<Asked[]> {
  const logs = pids.map((pid) => join(folder, String(pid)))
  const watchers = pids.map((pid, i) => {
    return spawn('strace', ['-f', '-c', '-e', `trace=!${left.join(',')}`, '-o', logs[i]!, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  })
  const ended = watchers.map((watcher) => once(watcher, 'exit'))
  try {
    for (const [i, { stderr }] of watchers.entries()) {
      const first = (await Promise.race([once(stderr, 'data'), ended[i]!])) as unknown[]
      if (!/attached/.test(String(first[0]))) throw new Error(`strace may not watch it: ${String(first[0]).trim()}`)
      stderr.resume()
    }
    await work()
  } finally {
    // It lets go of them, and writes what it has counted.
    for (const watcher of watchers) watcher.kill('SIGINT')
    await Promise.all(ended)
  }
  const tables = await Promise.all(logs.map((log) => readFile(log, 'utf8')))
  return tables.map(askedIn)
}

/** Adds up the table of `strace -c`: the fourth column counts, the last names. */
export function askedIn(table: string): Asked {
  const rows = [...table.matchAll(/^ +[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/gm)]
  const sum = (names: RegExp) =>
    rows.filter(([, , name = '']) => name !== 'total' && names.test(name)).reduce((sum, [, count]) => sum + Number(count), 0)
  return { systemCalls: sum(/./), reads: sum(/^(?:p?readv?|recv)/), writes: sum(/^(?:p?writev?|send)/) }
}
