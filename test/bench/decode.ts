import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { createFramer } from '@rpc-steps/wire'
import { spread } from './src/statistics.ts'
import type { Spread } from './src/statistics.ts'

const usage = `decode.ts [options]

Decodes 64 KiB chunks of 60-byte messages, JSON.parse included, with the framer of
@rpc-steps/wire and with a decoder written out by hand for the simplest frame there is: four
bytes of length, then the body. Prints one line of JSON, in nanoseconds a message.`

/** Nanoseconds a message, and how many times as fast as the prefix decoder the framer is. */
export interface Decoded {
  framer: Spread
  prefix: Spread
  ratio: Spread
}

const chunkBytes = 64 * 1024
const messages = 20_000
const body = '{"jsonrpc":"2.0","id":12345,"result":"You said: Hello, you"}'

function chunks(frame: Buffer): Buffer[] {
  const stream = Buffer.concat(Array<Buffer>(messages).fill(frame))
  const starts = Array.from({ length: Math.ceil(stream.length / chunkBytes) }, (_, i) => i * chunkBytes)
  return starts.map((start) => stream.subarray(start, start + chunkBytes))
}

interface Message {
  id: number
}

function decodeFramed(chunks: readonly Buffer[]): number {
  const framer = createFramer('content-length')
  let sum = 0
  for (const chunk of chunks) {
    framer.push(chunk)
    let text: string | undefined
    while ((text = framer.next()) !== undefined) sum += (JSON.parse(text) as Message).id
  }
  return sum
}

function decodePrefixed(chunks: readonly Buffer[]): number {
  let rest: Buffer = Buffer.alloc(0)
  let sum = 0
  for (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (at + 4 <= bytes.length) {
      const start = at + 4
      const end =
        start + ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
      if (end > bytes.length) break
      sum += (JSON.parse(bytes.toString('utf8', start, end)) as Message).id
      at = end
    }
    rest = bytes.subarray(at)
  }
  return sum
}

/** Runs one decoder over the whole stream; nanoseconds a message. */
function time(decode: (chunks: readonly Buffer[]) => number, chunks: readonly Buffer[]): number {
  const start = process.hrtime.bigint()
  const sum = decode(chunks)
  const elapsed = Number(process.hrtime.bigint() - start)
  if (sum !== messages * 12345) throw new Error('a decoder lost messages')
  return elapsed / messages
}

await main(() => {
  const { rounds } = readOptions(usage, {
    rounds: numberOption('N', 'how often each decodes all of it', 60, 1, 10_000),
  })
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(Buffer.byteLength(body))
  const prefixed = chunks(Buffer.concat([prefix, Buffer.from(body)]))
  const framed = chunks(Buffer.from(createFramer('content-length').frame(body)))

  const times: { framer: number; prefix: number }[] = []
  const warmUps = 5
  for (let round = -warmUps; round < rounds; round++) {
    const pair = { framer: time(decodeFramed, framed), prefix: time(decodePrefixed, prefixed) }
    if (round >= 0) times.push(pair)
  }
  const decoded: Decoded = {
    framer: spread(times.map(({ framer }) => framer)),
    prefix: spread(times.map(({ prefix }) => prefix)),
    ratio: spread(times.map(({ framer, prefix }) => prefix / framer)),
  }
  console.log(JSON.stringify(decoded))
})
