import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { compiler, startEcho } from '../contenders/c-epoll/compiled.ts'
import { client as prefix } from '../contenders/prefix/client.ts'
import { contenders } from '../src/contenders.ts'
import { pump } from '../src/pump.ts'
import { workloads } from '../src/workloads.ts'
import type { Workload } from '../src/workloads.ts'

// Those that are libraries and nothing else, servers and clients together in this process.
const libraries = contenders.filter(({ does, missing, name }) => does && !missing && name !== 'bare')
const some = (workload: Workload): Workload => ({ ...workload, inFlight: Math.min(64, workload.inFlight) })

describe.each(libraries)('$name', ({ server, client: module, cannot }) => {
  it('answers rightly whatever it can do', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()
    await import(server.href)
    await expect.poll(() => log.mock.lastCall?.[0] as string).toMatch(/^listening on 127\.0\.0\.1:\d+$/)
    const port = Number(/\d+$/.exec(log.mock.lastCall![0] as string))
    log.mockRestore()
    const { client } = (await import(module.href)) as { client: BenchClient }
    for (const workload of workloads.map(some)) {
      if (cannot?.workloads.includes(workload.name)) continue
      const connections: BenchConnection[] = []
      while (connections.length < workload.connections) connections.push(await client.connect(port))
      const calls = 2 * workload.connections * workload.inFlight
      expect(await finished(connections, workload, calls)).toBeNull()
      for (const connection of connections) connection.close()
    }
  })
})

function finished(connections: BenchConnection[], workload: Workload, calls: number): Promise<Error | null> {
  return new Promise((resolve) => pump(connections, workload, calls, resolve))
}

describe('an echo that differs', () => {
  let liar: Server | undefined
  afterEach(() => liar?.close())

  /** Sends back what it gets, in capitals. */
  async function lie(): Promise<number> {
    liar = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (bytes) => socket.write(bytes.map((byte) => (byte >= 97 ? byte - 32 : byte))))
    }).listen(0, '127.0.0.1')
    await once(liar, 'listening')
    return (liar.address() as AddressInfo).port
  }

  it('is no answer by a prefix', async () => {
    const connection = await prefix.connect(await lie())
    expect(await finished([connection], workloads[0]!, 1)).toEqual(new Error('the echo differs from what was sent'))
    connection.close()
  })

  it.runIf(process.platform === 'linux')('is no answer in C', async ({ skip }) => {
    if (compiler() === undefined) return skip()
    const echo = startEcho('load', String(await lie()))
    echo.stdin.write('open 1 1 hello\nmake 1\n')
    expect(await once(echo, 'exit')).toEqual([1, null])
  })
})
