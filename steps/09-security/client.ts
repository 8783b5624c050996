import { readFile } from 'node:fs/promises'
import { connect } from '@rpc-steps/async-await'
import type { PeerOptions } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { ask, streams } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import { connectSecurely, readCredentials, withToken } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = ownOptions(step, 'client')
  const options = clientOptions(own)
  const { certificates, as, token, timeout = Infinity, framing, trace } = options
  if (certificates === undefined && (as !== undefined || token !== undefined)) {
    throw new UsageError('--as and --token need --certificates: on a plain connection everybody on the way could read it')
  }
  if (trace !== undefined) recordMemory()
  const how: PeerOptions = { framing, extensions: [streams] }
  const peer = certificates === undefined
    ? await connect(options, how)
    : await connectSecurely(options, { ...how, credentials: await readCredentials(certificates, as) })
  const call = token === undefined ? peer.call : withToken(peer.call, (await readFile(token, 'utf8')).trim())
  await ask(deadlined(call, timeout), options, own.slow.read)
  await peer.close()
})
