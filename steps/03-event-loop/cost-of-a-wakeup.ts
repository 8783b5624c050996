import { main, numbersOption, readOptions } from '@rpc-steps/cli'
import { check, syscalls } from '@rpc-steps/sockets'
import { availableSelectors, Loop, READ } from './src/index.ts'
import type { SelectorName } from './src/index.ts'

const usage = `cost-of-a-wakeup.ts [options]

How long one wake-up takes while so many connections are idle, and what an idle second costs.`

const rounds = 30
const wakeUps = 20

const listener = check(syscalls.socket(), 'socket')
check(syscalls.bind(listener, { host: '127.0.0.1', port: 0 }), 'bind')
check(syscalls.listen(listener, 128), 'listen')
const address = syscalls.localAddress(listener)

/** Both ends of a new connection, the first one non-blocking. */
function pair(): [number, number] {
  const far = check(syscalls.socket(), 'socket')
  check(syscalls.connect(far, address), 'connect')
  const near = check(syscalls.accept(listener), 'accept')
  check(syscalls.setNonBlocking(near, true), 'fcntl')
  check(syscalls.setOption(far, 'noDelay', true), 'setsockopt')
  return [near, far]
}

/** Microseconds from sending a byte to having read it, in the best of some rounds. */
function wakeUp(selector: SelectorName, idle: readonly number[]): number {
  const loop = new Loop({ selector })
  const byte = Buffer.from('x')
  let got = 0
  const failed = (error: unknown) => {
    throw error
  }
  const reader = (fd: number) => ({
    readable: () => void (got += Math.max(0, syscalls.recv(fd, loop.buffer))),
    failed,
  })
  for (const fd of idle) loop.watch(fd, READ, reader(fd))
  loop.watch(near, READ, reader(near))
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    got = 0
    const start = performance.now()
    for (let sent = 1; sent <= wakeUps; sent++) {
      check(syscalls.send(far, byte), 'send')
      while (got < sent) loop.turn(1_000)
    }
    best = Math.min(best, (performance.now() - start) / wakeUps)
  }
  loop.close()
  return best * 1_000
}

/** Milliseconds of processor time in a second in which nothing happens. */
function idleSecond(selector: SelectorName): number {
  const loop = new Loop({ selector })
  let over = false
  loop.watch(near, READ, { readable: () => void syscalls.recv(near, loop.buffer), failed() {} })
  loop.after(1_000, () => (over = true))
  const before = process.cpuUsage()
  while (!over) loop.turn()
  const { user, system } = process.cpuUsage(before)
  loop.close()
  return (user + system) / 1_000
}

const [near, far] = pair()
const idle: number[] = []
const selectors = availableSelectors(syscalls)
const row = (...cells: string[]) => console.log(cells.map((cell) => cell.padStart(10)).join(''))

await main(() => {
  const { idle: idleCounts } = readOptions(usage, {
    idle: numbersOption('N,N', 'so many are idle', [0, 10, 100, 1_000, 5_000], 0, 100_000),
  })
  console.log('microseconds from sending one byte to having read it,')
  console.log(`the best of ${rounds} rounds of ${wakeUps} wake-ups\n`)
  // Code that runs for the first time is slow, and that would be in the first line alone.
  for (let round = 0; round < 20; round++) for (const selector of selectors) wakeUp(selector, [])
  row('idle', ...selectors)
  for (const count of idleCounts) {
    while (idle.length < count) idle.push(pair()[0])
    row(String(count), ...selectors.map((selector) => wakeUp(selector, idle).toFixed(1)))
  }
  console.log('\nmilliseconds of processor time in a second in which nothing happens\n')
  row('', ...selectors)
  row('', ...selectors.map((selector) => idleSecond(selector).toFixed(1)))
})
