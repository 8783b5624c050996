import { serveAdaptively } from '@rpc-steps/adaptive'
import type { AdaptiveOptions } from '@rpc-steps/adaptive'
import type { Address } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import type { Additions, Door, Inside, SecureServer } from '@rpc-steps/security'
import { contracted } from './discover.ts'
import { grpcDoor } from './grpc.ts'
import { httpDoor } from './http.ts'
import { webSocketDoor } from './websocket.ts'

/** The command line of a server, as `step.ts` describes it. */
export interface StandardOptions extends AdaptiveOptions {
  http: number | undefined
  websocket: number | undefined
  grpc: number | undefined
  origin: string | undefined
}

/** A server, and by which other ways it can be reached. */
export interface StandardServer extends SecureServer {
  readonly ways: readonly (Address & { name: string })[]
}

// #region serve-all
/** The server of a command line: that of step 11, and other languages at other doors. Rejects with UsageError, too. */
export async function serveStandards(options: StandardOptions, { doors: more = [], ...additions }: Pick<Additions, 'outside' | 'doors'> = {}): Promise<StandardServer> {
  const { host, batch } = options
  const origins = readOrigins(options.origin)
  const open: Record<string, (port: number) => (inside: Inside) => Promise<Door & Address>> = {
    http: (port) => httpDoor({ host, port }, { origins, batch }),
    websocket: (port) => webSocketDoor({ host, port }, { origins, batch }),
    grpc: (port) => grpcDoor({ host, port }),
  }
  const ways: (Address & { name: string })[] = []
  const doors = Object.entries(open).flatMap(([name, at]) => {
    const port = options[name as 'http' | 'websocket' | 'grpc']
    return port === undefined ? [] : [async (inside: Inside) => {
      const door = await at(port)(inside)
      ways.push({ name, host: door.host, port: door.port })
      return door
    }]
  })
  const server = await serveAdaptively(options, { ...additions, doors: [...doors, ...more], inner: contracted })
  return { ...server, ways }
}
// #endregion

/** Reads `https://example.org,http://localhost:5173`. Throws UsageError. */
export function readOrigins(text: string | undefined): string[] {
  return (text?.split(',') ?? []).map((origin) => {
    // As a browser writes it, because it is compared as it is.
    if (URL.canParse(origin) && new URL(origin).origin === origin) return origin
    throw new UsageError(`--origin must be the beginning of a URL, such as https://example.org or http://localhost:5173, not "${origin}"`)
  })
}
