import { generateKeyPairSync } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import type { Call, Handler, Peer } from '@rpc-steps/async-await'

/** What a filter puts around the ends of a connection. */
export interface Filtered {
  call?: (call: Call) => Call
  handler?: (handler: Handler) => Handler
  /** What the peers of both ends hear besides requests. */
  extensions?: readonly ((peer: Peer) => void)[]
  /** What is put around both ends of the wire, that of the client first; what goes over the wire is what comes out of it. */
  wire?: (near: Duplex, far: Duplex) => readonly [Duplex, Duplex]
}

/** A filter that a step brings, and how it is used. It is loaded only where it is measured. */
export interface Filter {
  name: string
  /** The number of the step. */
  step: string
  load: () => Promise<Filtered>
}

/** Long enough that no call ends by it. */
const aMinute = 60_000

/** In the order of the steps. */
export const filters: readonly Filter[] = [
  {
    name: 'one that does nothing',
    step: '04',
    load: async () => ({ handler: (handler) => (request, context) => handler(request, context) }),
  },
  {
    name: 'queued',
    step: '06',
    load: async () => {
      const { queued } = await import('@rpc-steps/task-queue')
      return { handler: (handler) => queued(handler) }
    },
  },
  {
    name: 'deadlined, the handler',
    step: '07',
    load: async () => {
      const { cancels, deadlined } = await import('@rpc-steps/deadlines')
      return { handler: (handler) => deadlined(handler), extensions: [cancels] }
    },
  },
  {
    name: 'deadlined, both ends',
    step: '07',
    load: async () => {
      const { cancels, deadlined } = await import('@rpc-steps/deadlines')
      return { call: (call) => deadlined(call, aMinute), handler: (handler) => deadlined(handler), extensions: [cancels] }
    },
  },
  {
    name: 'inTime',
    step: '07',
    load: async () => {
      const { inTime } = await import('@rpc-steps/deadlines')
      return { handler: inTime }
    },
  },
  {
    name: 'streamed and streaming',
    step: '08',
    load: async () => {
      const { streamed, streaming, streams } = await import('@rpc-steps/streaming')
      return { handler: (handler) => streamed(streaming(handler)), extensions: [streams] }
    },
  },
  {
    name: 'TLS, on both ends',
    step: '09',
    load: async () => {
      const { Authority } = await import('@rpc-steps/security/certificates')
      const { authority } = await Authority.create()
      const { certificate: cert, key } = await authority.forServer(['localhost'])
      const options = { cert, key, minVersion: 'TLSv1.3' } as const
      const ca = authority.certificate.toString('pem')
      return {
        wire: (near, far) => [
          connect({ socket: near, ca, servername: 'localhost' }),
          new TLSSocket(far, { isServer: true, secureContext: createSecureContext(options) }),
        ],
      }
    },
  },
  {
    name: 'bounded',
    step: '09',
    load: async () => {
      const { bounded } = await import('@rpc-steps/security')
      return { handler: (handler) => bounded(handler) }
    },
  },
  {
    name: 'authenticated and authorised',
    step: '09',
    load: async () => {
      const { authenticated, authorised, known } = await import('@rpc-steps/security')
      const policy = [{ who: 'ada', methods: ['say'] }]
      const until = Date.now() + 60 * aMinute
      return {
        handler: (handler) => authenticated(authorised(handler, () => policy)),
        // What the certificate of the connection has said.
        extensions: [(peer) => peer.set(known, { name: 'ada', by: 'certificate', until })],
      }
    },
  },
  {
    name: 'the same, by a token',
    step: '09',
    load: async () => {
      const { authenticated, authorised, tokens, withToken } = await import('@rpc-steps/security')
      const { signToken } = await import('@rpc-steps/security/certificates')
      const { privateKey, publicKey } = generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      })
      const [token, verify] = await Promise.all([signToken(privateKey, 'ada', 60 * aMinute), tokens(publicKey)])
      const policy = [{ who: 'ada', methods: ['say'] }]
      return {
        call: (call) => withToken(call, token),
        handler: (handler) => authenticated(authorised(handler, () => policy), { verify }),
      }
    },
  },
  {
    name: 'retrying',
    step: '10',
    load: async () => {
      const { retrying } = await import('@rpc-steps/resilience')
      return { call: (call) => retrying(call, { idempotent: () => true }) }
    },
  },
  {
    name: 'breaking',
    step: '10',
    load: async () => {
      const { breaking } = await import('@rpc-steps/resilience')
      return { call: (call) => breaking(call) }
    },
  },
  {
    name: 'balanced, over three',
    step: '10',
    load: async () => {
      const { balanced } = await import('@rpc-steps/resilience')
      // All three lead to the same server: to choose is what costs.
      return { call: (call) => balanced(['a', 'b', 'c'].map((name) => ({ name, call }))) }
    },
  },
  {
    name: 'hedged',
    step: '10',
    load: async () => {
      const { hedged } = await import('@rpc-steps/resilience')
      return { call: (call) => hedged(call, { idempotent: () => true }) }
    },
  },
  {
    name: 'keyed and idempotent',
    step: '10',
    load: async () => {
      const { idempotent, keyed } = await import('@rpc-steps/resilience')
      return { call: (call) => keyed(call), handler: (handler) => idempotent(handler) }
    },
  },
  {
    name: 'limited',
    step: '11',
    load: async () => {
      const { limited, Vegas } = await import('@rpc-steps/adaptive')
      return { handler: (handler) => limited(handler, new Vegas()) }
    },
  },
  {
    name: 'validated',
    step: '12',
    load: async () => {
      const { contract, validated } = await import('@rpc-steps/standards')
      return { handler: (handler) => validated(handler, contract) }
    },
  },
  {
    name: 'traced, and nobody asks',
    step: '13',
    load: async () => {
      const { ProxyTracerProvider } = await import('@opentelemetry/api')
      const { traced } = await import('@rpc-steps/scale-out')
      const tracer = new ProxyTracerProvider().getTracer('nobody')
      return { call: (call) => traced(call, tracer), handler: (handler) => traced(handler, tracer) }
    },
  },
]
