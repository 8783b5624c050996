/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** What the server has to say to a request. */
export interface Reply {
  result?: Json
  error?: { code: number; message: string; data?: Json }
}

/** What one call may need. */
export interface Options {
  /** Milliseconds that the server may take. */
  timeoutMs?: number | undefined
  /** Gives the call up. */
  signal?: AbortSignal | undefined
}

/** The server has answered with an error. */
export class Failed extends Error {
  readonly code: number
  readonly data: Json

  constructor({ code, message, data = null }: NonNullable<Reply['error']>) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** The result of a reply. Throws Failed if it is an error. */
export function resultOf({ result = null, error }: Reply): Json {
  if (error) throw new Failed(error)
  return result
}
