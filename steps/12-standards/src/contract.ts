import { z } from 'zod'
import type { Schema } from './schema.ts'

/** One method, as both ends have agreed on it. */
export interface Entry {
  /** What it does, in a sentence. */
  readonly says: string
  /** The parameters: an object, or a list. */
  readonly params: Schema
  /** The answer, where it comes whole. */
  readonly result?: Schema
  /** One item of what the caller streams. */
  readonly up?: Schema
  /** One item of the answer, where that is streamed. */
  readonly down?: Schema
}

/** Methods by their names. */
export type Contract = Readonly<Record<string, Entry>>

const most = 1_000_000_000
const nothing = z.object({})
const numbers = z.array(z.number())
const whole = (least: number, most: number) => z.int().min(least).max(most)

// #region contract
/** What the service of this course can do. All else is made from this: the checks, the clients' types, the documents. */
export const contract = {
  say: { says: 'Says it back.', params: z.object({ text: z.string() }), result: z.string() },
  fetch: { says: 'Fetches a page.', params: z.object({ url: z.string() }), result: z.string() },
  sleep: { says: 'Answers after so many milliseconds.', params: z.object({ ms: whole(0, 60_000) }), result: z.int() },
  add: { says: 'Adds two numbers.', params: z.object({ a: z.number(), b: z.number() }), result: z.number() },
  subtract: { says: 'Subtracts one from the other.', params: z.object({ minuend: z.number(), subtrahend: z.number() }), result: z.number() },
  sum: { says: 'Adds all numbers of a list.', params: numbers, result: z.number() },
  get_data: { says: 'Answers with two values.', params: nothing, result: z.tuple([z.string(), z.int()]) },
  hash: { says: 'Keeps the processor busy.', params: z.object({ text: z.string(), rounds: whole(1, 10_000_000) }), result: z.string() },
  fail: {
    says: 'Fails, with the error that is asked for.',
    params: z.object({ code: z.unknown().optional(), message: z.unknown().optional(), data: z.unknown().optional() }),
    result: z.null(),
  },
  update: { says: 'Hears of something.', params: numbers, result: z.null() },
  notify_hello: { says: 'Hears of something.', params: numbers, result: z.null() },
  notify_sum: { says: 'Hears of something.', params: numbers, result: z.null() },
  whoami: { says: 'Who asks.', params: nothing, result: z.object({ name: z.string(), by: z.string() }) },
  count: { says: '1, 2, 3 and so on.', params: z.object({ to: whole(0, most) }), down: z.int() },
  feed: { says: 'The same, one every so often.', params: z.object({ ms: whole(0, 60_000), items: whole(0, most) }), down: z.int() },
  total: { says: 'The sum of what is streamed.', params: nothing, up: z.number(), result: z.number() },
  echo: { says: 'Streams back what is streamed.', params: nothing, up: z.unknown(), down: z.unknown() },
} as const satisfies Contract
// #endregion

/** Its type, for typed clients. */
export type ServiceContract = typeof contract
