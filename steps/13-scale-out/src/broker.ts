import { codes, RpcError } from '@rpc-steps/wire'

/** What stands beside a payload. Names count letter for letter. */
export type Headers = Readonly<Record<string, string>>

/** Something that was published. */
export interface Message {
  readonly subject: string
  /** Where whoever published it can be answered. */
  readonly reply: string | undefined
  /** No message, but the broker's word for one: nobody subscribes to where it was published. */
  readonly nobody: boolean
  /** Bytes of the payload. */
  readonly size: number
  /** Throws RpcError -32600 if its headers cannot be read. */
  header(name: string): string | undefined
  /** The payload. Throws RpcError -32700 if that is no UTF-8. */
  text(): string
}

/** What may be said beside a payload. */
export interface PublishOptions {
  reply?: string | undefined
  headers?: Headers | undefined
}

/** Some messages, until it is ended. */
export interface Subscription {
  /** Takes no more; resolves when all that the broker had sent already has been heard. */
  end(): Promise<void>
}

// #region broker
/**
 * Carries messages to whoever has subscribed to their subject. It keeps nothing: what nobody hears is gone, and
 * what was on its way when a connection was lost may be. In the order of one publisher, each comes once or not at all.
 */
export interface Broker {
  /** Bytes of a payload with its headers, at most. */
  readonly maxPayload: number
  /** False while there is no connection. */
  readonly up: boolean
  /** Undefined while there is room for more. Otherwise it resolves when there is: look again then. */
  readonly room: Promise<void> | undefined
  /**
   * Sends it to all who have subscribed, and to one of each queue group. If that is nobody, who published is
   * told, under `reply`. Throws DisconnectedError (`sent` false) while there is no connection, RpcError -32600
   * if it is too large, and TypeError for a subject that is none.
   */
  publish(subject: string, text: string, options?: PublishOptions): void
  /**
   * Hears what is published under a subject; `*` stands for one part of it, `>` at its end for all further ones.
   * Of those with the same `queue`, one hears each message. `listener` must not throw.
   */
  subscribe(subject: string, listener: (message: Message) => void, options?: { queue?: string | undefined }): Subscription
  /** Resolves when the broker has read all that was said to it, subscriptions too, or the connection is lost. */
  flush(): Promise<void>
  /** Hears that the connection was lost; it comes back by itself. Returns what ends that. */
  onLost(listener: () => void): () => void
  /** The same, and ends. */
  close(): Promise<void>
}
// #endregion

// #region subjects
const part = '[\\w$-]+'
const subjects = new RegExp(`^${part}(\\.${part})*$`)
const patterns = new RegExp(`^((${part}|\\*)\\.)*(${part}|[*>])$`)
const longest = 256

/** Whether something can be published there: parts of letters, digits, `-`, `_` and `$`, with dots between. */
export function isSubject(text: string | undefined): text is string {
  return text !== undefined && text.length <= longest && subjects.test(text)
}

/** Throws TypeError unless messages can be published there: a space or a line end would be read as the next word of the protocol. */
export function checkSubject(subject: string): void {
  if (!isSubject(subject)) throw new TypeError(`${JSON.stringify(subject)} is no subject: letters, digits, - and _, with dots between`)
}

/** Throws TypeError unless it is a subject, or one with wildcards. */
export function checkPattern(subject: string): void {
  if (!patterns.test(subject) || subject.length > longest) throw new TypeError(`${JSON.stringify(subject)} is nothing to subscribe to: parts with dots between, * for one, > for the rest`)
}

/**
 * Where an answer may go: a subject that is there for answers. Whoever asks says where to, and a worker that
 * believed everything would publish wherever its callers themselves may not.
 */
export function isInbox(reply: string | undefined): reply is string {
  return isSubject(reply) && reply.startsWith('_INBOX.')
}
// #endregion

/** Throws RpcError -32600 for what the broker would end the connection for. */
export function checkSize(bytes: number, headers: Headers | undefined, most: number): void {
  const all = bytes + headerBytes(headers)
  if (all > most) throw new RpcError(codes.invalidRequest, 'Invalid Request', `${all} bytes, and the broker takes at most ${most} in one message`)
}

/** `NATS/1.0`, then `name: value` lines, then an empty one. */
function headerBytes(headers: Headers | undefined): number {
  if (!headers) return 0
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value) + 4, 12)
}
