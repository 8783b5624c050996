import { EINTR, syscalls } from '@rpc-steps/sockets'
import { connect } from '../src/index.ts'

// Calls `sleep` while signals come in, and prints the result and how often recv was interrupted.
let interrupted = 0
const counting = {
  ...syscalls,
  recv(fd: number, buffer: Uint8Array, length?: number) {
    const count = syscalls.recv(fd, buffer, length)
    if (count === EINTR) interrupted++
    return count
  },
}
process.on('SIGUSR2', () => {})
const port = Number(process.argv[2])
// With a time limit, because only then does the kernel not go back to sleep by itself: signal(7).
const client = connect({ host: '127.0.0.1', port }, { timeout: 10_000, syscalls: counting })
console.log('calling')
// Call after call, because nobody knows when the first signal comes.
let result
while (interrupted === 0) result = client.call('sleep', { ms: 30 })
console.log(JSON.stringify({ result, interrupted }))
// Until the signals are over: without a listener, the next one would end the process.
process.stdin.resume()
