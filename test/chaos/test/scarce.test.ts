import { spawnSync } from 'node:child_process'
import { startServer } from '@rpc-steps/cli/processes'
import { describe, expect, it } from 'vitest'
import { beServed, Client } from '../src/peer.ts'
import { cpuTime, openFiles } from '../src/process.ts'
import { hasThreads, servesOneAtATime, waiting } from '../src/subjects.ts'

// prlimit(1) changes the limits of a process that runs; it comes with Debian, not with macOS.
const prlimit = 'prlimit'
const canLimit = spawnSync(prlimit, ['--version']).status === 0

// Who serves one client at a time, or four, never has many files open.
const crowded = waiting.filter((subject) => !servesOneAtATime(subject) && !hasThreads(subject))

describe.skipIf(!canLimit).each(crowded)('$name', ({ server: file, args }) => {
  it('neither dies nor spins when it may open no more files, and then goes on', async () => {
    const server = await startServer(file, args)
    const { pid, port } = server
    const first = await Client.to(port)
    await first.call('sum', [1])
    const files = openFiles(pid)
    limitFiles(pid, files + 20)

    const clients = await Promise.all(Array.from({ length: 60 }, () => Client.to(port)))
    const answers = clients.map((client) => client.call('sum', [1, 2]))
    for (const answer of answers) answer.catch(() => {}) // some are turned away
    await Promise.any(answers)

    // Whoever asks the kernel again and again for a file that it does not have uses all of the
    // time. Who rests may still have something to do, but not again and again.
    const rest = async () => {
      const before = cpuTime(pid)
      await first.call('sleep', [400])
      return cpuTime(pid) - before
    }
    await expect.poll(rest).toBeLessThan(30)

    for (const { socket } of clients) socket.destroy()
    for (let i = 0; i < 1000 && openFiles(pid) > files; i++) await first.call('sum', [1])
    await beServed(port)
    expect(await first.call('sum', [1])).toBe(1)
    await server.stop()
  })
})

function limitFiles(pid: number, count: number): void {
  const { status } = spawnSync(prlimit, ['--pid', String(pid), `--nofile=${count}`])
  if (status !== 0) throw new Error('prlimit failed')
}
