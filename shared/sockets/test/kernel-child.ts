import { once } from 'node:events'
import { readFileSync, writeSync } from 'node:fs'
import net from 'node:net'
import { check, errnoName, PollFds, POLLIN, syscalls as s } from '../src/index.ts'
import { epollScenarios, kqueueScenarios, scenarios } from './scenarios.ts'

/** Written at once: the event loop may not get its turn for a while. */
function print(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`)
}

function sharedScenarios(names: string[]): void {
  const all = { ...scenarios, ...epollScenarios, ...kqueueScenarios }
  print(Object.fromEntries(names.map((name) => [name, all[name]!(s)])))
}

/** What Node and this package say about the same refused connection. */
async function sameError(): Promise<void> {
  const fd = check(s.socket(), 'socket')
  check(s.bind(fd, { host: '127.0.0.1', port: 0 }), 'bind')
  const address = s.localAddress(fd)
  const [nodes] = (await once(net.connect(address.port, address.host), 'error').catch((error) => [
    error,
  ])) as [Error]
  let ours: unknown
  try {
    check(s.connect(check(s.socket(), 'socket'), address), 'connect', address)
  } catch (error) {
    ours = error
  }
  print([nodes, ours].map((error) => ({ ...(error as Error), message: (error as Error).message })))
}

/** Signals arrive while this runs, until the parent ends standard input. */
function signals(call: string): void {
  process.on('SIGUSR2', () => {})
  const listener = check(s.socket(), 'socket')
  check(s.listen(listener, 1), 'listen')
  const fds = new PollFds()
  fds.add(listener, POLLIN)
  print('ready')
  const before = s.now()
  if (call === 'sleep') print([s.sleep(300), s.now() - before >= 300])
  if (call === 'poll') print(errnoName(s.poll(fds, 15_000)))
  if (call === 'accept') {
    s.setOption(listener, 'receiveTimeout', 15_000)
    print(errnoName(s.accept(listener)))
  }
  process.stdin.resume()
}

/** The flags of a new and of an accepted descriptor, as Linux shows them. */
function closeOnExec(): void {
  const listener = check(s.socket(), 'socket')
  check(s.listen(listener, 1), 'listen')
  const client = check(s.socket(), 'socket')
  const { port } = s.localAddress(listener)
  check(s.connect(client, { host: 'localhost', port }), 'connect')
  const server = check(s.accept(listener), 'accept')
  const O_CLOEXEC = 0o2000000
  print(
    [client, server].map((fd) => {
      const flags = /flags:\s+([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
      return (parseInt(flags![1]!, 8) & O_CLOEXEC) !== 0
    }),
  )
}

/** As on Windows, where the package can be imported and not used. */
async function onWindows(): Promise<void> {
  Object.defineProperty(process, 'platform', { value: 'win32' })
  const { syscalls } = await import(`../src/kernel.ts?${process.pid}`)
  try {
    syscalls.socket()
  } catch (error) {
    print((error as Error).message)
  }
}

const [name, ...rest] = process.argv.slice(2)
if (name === 'scenarios') sharedScenarios(rest)
if (name === 'same-error') await sameError()
if (name === 'signals') signals(rest[0]!)
if (name === 'close-on-exec') closeOnExec()
if (name === 'windows') await onWindows()
