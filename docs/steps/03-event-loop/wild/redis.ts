import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, readOptions } from '@rpc-steps/cli'

const usage = `redis.ts

Prints what redis asks of the kernel in one turn of its loop, when two clients have something to
say. Linux only; needs strace and redis-server.`

/** Keeps what a program writes, and waits for a part of it. */
function listen(stream: NodeJS.ReadableStream) {
  const heard = { text: '', until }
  stream.setEncoding('utf8').on('data', (chunk: string) => (heard.text += chunk))
  async function until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(heard.text)
      if (found) return found
      if (!stream.readable) throw new Error(`${pattern.source} did not come: ${heard.text}`)
      await Promise.race([once(stream, 'data'), once(stream, 'end')])
    }
  }
  return heard
}

/** Connects a client that has been served once: the loop knows it. */
async function client(path: string) {
  const socket = connect(path)
  const replies = listen(socket)
  const send = (text: string) => new Promise<void>((sent) => socket.write(text, () => sent()))
  await send('PING\r\n')
  await replies.until(/\+PONG\r\n/)
  replies.text = ''
  return { send, replies, close: () => socket.destroy() }
}

/** The first turn in which two sockets were ready, with what was read from them and written. */
function turn(log: string): string[] {
  const lines = log.split('\n').map((line) => line.replace(/ +=/, ' ='))
  const begin = lines.findIndex((line) => /^epoll_wait.* = 2$/.test(line))
  const length = lines.slice(begin + 1).findIndex((line) => line.startsWith('epoll_wait'))
  const [ready = '', ...rest] = lines.slice(begin, begin + 1 + length)
  const sockets = [...ready.matchAll(/u32=(\d+)/g)].map(([, fd]) => fd)
  // Between them it may look after itself, and read how much memory it has.
  const mine = rest.filter((line) => sockets.includes(/^(?:read|write)\((\d+),/.exec(line)?.[1]))
  // It says twice which socket is ready.
  const short = ready.replace(/events=(\w+), data={u32=(\d+), u64=\d+}/g, '$1, $2')
  return [short, ...mine, ready.replace(/,.*/, ', ...')]
}

await main(async () => {
  readOptions(usage, {})
  for (const program of ['strace', 'redis-server']) {
    if (spawnSync(program, ['--version']).status !== 0) throw new Error(`this needs ${program}`)
  }
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const path = join(folder, 'socket')
  const redis = ['redis-server', '--port', '0', '--unixsocket', path, '--dir', folder, '--save', '']
  const strace = spawn('strace', ['-e', 'trace=epoll_wait,read,write', ...redis])
  const [said, asked] = [listen(strace.stdout), listen(strace.stderr)]
  let pid: number | undefined
  try {
    const [, id] = await said.until(/^(\d+):M .*ready to accept connections/im)
    pid = Number(id)
    const [one, other] = [await client(path), await client(path)]
    // Both are to be waiting when it looks. So it stands still while they write.
    process.kill(pid, 'SIGSTOP')
    await asked.until(/stopped by SIGSTOP/)
    await one.send('PING\r\n')
    await other.send('ECHO hello\r\n')
    process.kill(pid, 'SIGCONT')
    await one.replies.until(/\+PONG\r\n/)
    await other.replies.until(/hello\r\n/)
    process.kill(pid, 'SIGTERM')
    await once(strace, 'close')
    one.close()
    other.close()
    console.log(turn(asked.text).join('\n'))
  } finally {
    if (strace.exitCode === null) process.kill(pid ?? strace.pid!, 'SIGKILL')
    await rm(folder, { recursive: true })
  }
})
