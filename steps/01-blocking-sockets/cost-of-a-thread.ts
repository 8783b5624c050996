import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { choiceOption, main, numberOption, readOptions } from '@rpc-steps/cli'
import { start } from '@rpc-steps/cli/processes'
import { syscalls } from '@rpc-steps/sockets'
import { listen, startThreads } from './src/index.ts'

const usage = `cost-of-a-thread.ts [options]

Starts threads that do nothing but sleep, and prints what each of them costs.`

const titles = { node: 'an empty thread of Node', server: 'a thread of this server' }
/** What starts so many threads; it returns what ends them. */
const kinds: Record<keyof typeof titles, (count: number) => Promise<() => unknown>> = {
  async node(count) {
    const code = `
      require('node:worker_threads').parentPort.postMessage('started')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`
    const workers = Array.from({ length: count }, () => new Worker(code, { eval: true }))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    return () => Promise.all(workers.map((worker) => worker.terminate()))
  },
  async server(count) {
    const listener = listen({ host: '127.0.0.1', port: 0 })
    await startThreads(listener, count)
    return () => syscalls.shutdown(listener.fd, 'both')
  },
}

await main(async () => {
  const { threads: count, only } = readOptions(usage, {
    threads: numberOption('N', 'how many are started', 50, 1, 1_000),
    only: choiceOption(['both', 'node', 'server'], 'one kind alone, its cost as JSON', 'both'),
  })
  if (only !== 'both') return measure(() => kinds[only](count))
  console.log(`${count} threads`.padEnd(26), 'memory of each'.padStart(16), 'time to start each'.padStart(20))
  for (const [kind, title] of Object.entries(titles)) {
    // Each in a process of its own, so that it does not find memory that another has left.
    const program = start(new URL(import.meta.url), ['--threads', String(count), '--only', kind])
    const { code } = await program.exited
    if (code !== 0) throw new Error(program.stderr())
    const { bytes, ms } = JSON.parse(program.stdout()) as { bytes: number; ms: number }
    const megabytes = `${(bytes / count / 2 ** 20).toFixed(1)} MiB`
    console.log(title.padEnd(26), megabytes.padStart(16), `${(ms / count).toFixed(0)} ms`.padStart(20))
  }
})

async function measure(begin: () => Promise<() => unknown>): Promise<void> {
  const before = process.memoryUsage.rss()
  const begun = performance.now()
  const end = await begin()
  console.log(JSON.stringify({ bytes: process.memoryUsage.rss() - before, ms: performance.now() - begun }))
  await end()
}
