import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { answer, Peer } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { RpcError } from '@rpc-steps/wire'
import { Authority, fillFolder } from './src/certificates.ts'
import { audit, guarded, listenSecurely, readCredentials, readGuard, readPolicy } from './src/index.ts'
import type { Credentials, SecureServer } from './src/index.ts'

const usage = `demo.ts

Four clients want something of one server: in plain text, with a certificate that a stranger
has signed, with a right one for what its owner may not call, and for what they may. Says how far
each of them gets, what it is told, and what the server writes down about it.`

const rules = '{"allow": [{"who": "ada", "methods": ["say"]}]}'

/** How far a client gets, in order. */
const stages = ['connected', 'handshake', 'known', 'allowed', 'answered'] as const
type Stage = (typeof stages)[number]

interface Client {
  title: string
  /** What it shows and believes; without them it speaks plain text. */
  credentials?: Credentials
  method: string
}

interface Outcome extends Client {
  reached: Set<Stage>
  told: string
  written: string
}

/** Stands where the service is: who comes here was allowed. */
let wasAllowed = false
const service: Handler = (request, context) => {
  wasAllowed = true
  return answer(request, context)
}

/** Lets a client go as far as it can. `lines` is what the audit has written. */
async function play(client: Client, server: SecureServer, lines: string[]): Promise<Outcome> {
  const { credentials, method } = client
  const reached = new Set<Stage>()
  wasAllowed = false
  lines.length = 0
  const tcp = connectTcp(server)
  await once(tcp, 'connect')
  reached.add('connected')
  let told
  try {
    const stream = credentials ? connectTls({ socket: tcp, ...credentials }) : tcp
    if (credentials) {
      await once(stream, 'secureConnect')
      reached.add('handshake')
    }
    const peer = new Peer(stream)
    try {
      told = String(await peer.call(method, { text: 'Hello' }))
      reached.add('answered')
    } finally {
      // Before it goes, for then it is known no more.
      if (server.admission.counts.known > 0) reached.add('known')
      await peer.close()
    }
  } catch (error) {
    told = error instanceof RpcError ? `${error.message} (${error.code})` : (error as Error).message
  }
  if (wasAllowed) reached.add('allowed')
  if (!tcp.closed) await once(tcp, 'close')
  return { ...client, reached, told, written: lines.map(inShort).join(', ') }
}

/** A line of the audit without what is another in each run. */
function inShort(line: string): string {
  const { refused, why, who, method } = JSON.parse(line) as Record<string, string>
  return [refused, ...(who === undefined ? [] : [`${who}, ${method}`]), why].join(': ')
}

await main(async () => {
  readOptions(usage, {})
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  try {
    await fillFolder(folder)
    const lines: string[] = []
    const guard = { ...(await readGuard(folder)), policy: readPolicy(rules) }
    const log = audit((line) => lines.push(line))
    const handler = guarded(service, () => guard, { audit: log })
    const server = await listenSecurely(handler, { host: '127.0.0.1', port: 0 }, { credentials: guard.credentials, audit: log })

    const ada = await readCredentials(folder, 'ada')
    const { authority } = await Authority.create('a stranger')
    const { certificate: cert, key } = await authority.forClient('ada')
    const clients: Client[] = [
      { title: 'plain text', method: 'say' },
      { title: "a stranger's certificate", credentials: { ca: ada.ca!, cert, key }, method: 'say' },
      { title: 'ada, the wrong method', credentials: ada, method: 'add' },
      { title: 'ada, the right one', credentials: ada, method: 'say' },
    ]
    const outcomes: Outcome[] = []
    for (const client of clients) outcomes.push(await play(client, server, lines))
    await server.close()
    print(outcomes)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

function print(outcomes: readonly Outcome[]): void {
  console.log(`\n09 security: how far four clients get\n\nthe policy: ${rules}\n`)
  const line = (title: string, cells: readonly string[]) => title.padEnd(26) + cells.map((cell) => cell.padEnd(11)).join('').trimEnd()
  console.log(line('', stages))
  for (const { title, reached } of outcomes) {
    console.log(line(title, stages.map((stage) => (reached.has(stage) ? 'yes' : '-'))))
  }
  for (const [title, of] of [['what each is told', 'told'], ['what the server writes down', 'written']] as const) {
    console.log(`\n${title}`)
    for (const outcome of outcomes) console.log(`  ${outcome.title.padEnd(26)}${outcome[of] || 'nothing'}`)
  }
}
