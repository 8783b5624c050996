import { compiler } from '../contenders/c-epoll/compiled.ts'
import type { Contender } from './contenders.ts'

/** A contender that is none of our steps. Its server and client stand in the folder of its name. */
export type Other = Omit<Contender, 'server' | 'serverArgs' | 'client' | 'does' | 'lacks'> &
  Required<Pick<Contender, 'does' | 'lacks'>>

const cannotWait = { workloads: ['gather'], because: 'an echo comes at once: it has no handler that could wait' }

/** First what shows how little there can be, then what people use. */
export const others: readonly Other[] = [
  {
    name: 'bare',
    does: 'nothing more',
    lacks: 'checks, limits and errors; one write for what belongs together',
  },
  {
    name: 'prefix',
    does: 'nothing more: four bytes of length, and the text goes back unread',
    lacks: 'JSON, methods, answers in any order, checks, limits and errors',
    cannot: cannotWait,
  },
  {
    name: 'c-epoll',
    does: 'nothing more: both ends are in C, and the bytes go back as they come',
    lacks: 'all that makes it a call, and all that makes it safe',
    cannot: cannotWait,
    async missing() {
      if (process.platform !== 'linux') return 'epoll is part of Linux'
      return compiler() === undefined ? 'there is no C compiler (Debian: apt-get install gcc libc6-dev)' : undefined
    },
  },
  {
    name: 'vscode-jsonrpc',
    does: 'pipes, IPC and web workers to speak over; progress of a call; traces of what is said',
    lacks: 'limits on what a peer sends, deadlines, streams; one write for the messages of a turn',
  },
  {
    name: 'jayson',
    does: 'JSON-RPC 1.0 as well; a server behind Express; callbacks or promises',
    lacks: 'cancelling, streams, limits, waiting for a slow reader; calls from server to client',
  },
  {
    name: 'capnweb',
    does: 'functions and objects as arguments; a call on an answer that is not there yet',
    lacks: 'deadlines; a queue that says no; a protocol that others speak',
  },
  {
    name: 'trpc',
    does: "the client's types are those of the server's code; subscriptions that go on after a break",
    lacks: 'credit for streams, deadlines, calls from server to client',
  },
  {
    name: 'connect',
    does: 'code from a .proto; gRPC and gRPC-Web on the same port; compression',
    lacks: 'calls from server to client; a queue that says no',
  },
  {
    name: 'grpc-js',
    does: 'binary messages by a .proto, with peers in a dozen languages; compression',
    lacks: 'calls from server to client; a queue that says no',
  },
  {
    name: 'undici',
    does: 'HTTP/1.1 with JSON: every proxy, cache and tool understands it',
    lacks: 'answers in any order: on one connection a slow one holds up all behind it',
  },
  {
    name: 'nats',
    does: 'a caller knows a name, not an address, and workers come and go: step 13 is built on it',
    lacks: 'calls without a third process between; a worker that says when it has too much to do',
    asked: true,
    async missing() {
      if (process.platform === 'win32') return 'on Windows nothing would end its nats-server'
      const { isInstalled, notInstalled } = await import('../../../steps/13-scale-out/tried/nats-server.ts')
      return isInstalled ? undefined : notInstalled
    },
  },
]
