import type { Peer, PeerScript } from '@rpc-steps/sockets'
import { createFramer, requestText } from '@rpc-steps/wire'
import type { Params, Reply, Request } from '@rpc-steps/wire'

/** What a scripted peer on the faulty network has received, cut into messages. */
function messages<T>(onMessage: (peer: Peer, message: T) => void): Required<Pick<PeerScript, 'onData'>> {
  const framer = createFramer('content-length')
  return {
    onData(peer, bytes) {
      framer.push(bytes)
      for (let body; (body = framer.next()) !== undefined; ) onMessage(peer, JSON.parse(body) as T)
    },
  }
}

/** A scripted server: `onRequest` is told of each request. */
export function serverScript(onRequest: (peer: Peer, request: Request) => void): PeerScript {
  return messages(onRequest)
}

/** The bytes of some requests, with ids from 1. */
export function requests(...calls: [method: string, params?: Params][]): string {
  const framer = createFramer('content-length')
  return calls.map(([method, params], i) => framer.frame(requestText(i + 1, method, params))).join('')
}

/** A reply in its frame. */
export function reply(id: unknown, result: unknown): string {
  const body = JSON.stringify({ jsonrpc: '2.0', result, id })
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** A scripted client that keeps the replies. */
export interface ClientScript extends PeerScript {
  readonly replies: Reply[]
  /** The connection has ended, in whatever way. */
  over: boolean
  /** It has ended with a reset. */
  reset: boolean
  /** Says so. */
  finish(): void
  whenOver?: () => void
}

/** A scripted client that sends some bytes at once. `onReply` is told how many replies there are. */
export function clientScript(
  bytes: string,
  onReply: (peer: Peer, count: number) => void = () => {},
): ClientScript {
  const replies: Reply[] = []
  const { onData } = messages<Reply>((peer, message) => {
    replies.push(message)
    onReply(peer, replies.length)
  })
  const script: ClientScript = {
    replies,
    over: false,
    reset: false,
    onData,
    onConnect: (peer) => peer.send(bytes),
    onEnd: (peer) => leave(script, peer),
    onError() {
      script.reset = true
      script.finish()
    },
    finish() {
      script.over = true
      script.whenOver?.()
    },
  }
  return script
}

/** The client closes the connection. */
export function leave(script: ClientScript, peer: Peer): void {
  peer.close()
  script.finish()
}
