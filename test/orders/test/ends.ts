import { Peer } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import type { Stage } from '@rpc-steps/course'

/** Two peers that are right. What is wrong is added. */
export function ends(stage: Stage, handler: Handler = ({ method }) => method) {
  const server = stage.end('server', (stream, options) => new Peer(stream, { ...options, handler }))
  const client = stage.end('client', (stream, options) => new Peer(stream, options))
  return { client, server }
}
