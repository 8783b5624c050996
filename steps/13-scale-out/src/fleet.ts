/** So many machines: one of three serves, the others call. */
export interface Fleet {
  machines: number
  clients: number
  workers: number
}

export function fleetOf(machines: number): Fleet {
  const workers = Math.max(1, Math.round(machines / 3))
  return { machines, workers, clients: machines - workers }
}

/** What grows with the number of machines, and how. */
export interface Count {
  readonly what: string
  readonly of: (fleet: Fleet) => number
}

/** Seconds from one sign of life to the next: of everybody to everybody, and that of NATS (`ping_interval`). */
const [checkSeconds, pingSeconds] = [1, 120]

export const counts: readonly Count[] = [
  { what: 'connections, each client to each worker', of: ({ clients, workers }) => clients * workers },
  { what: 'connections, all to a broker', of: ({ machines }) => machines },
  { what: 'connections of one client, to each worker', of: ({ workers }) => workers },
  { what: 'health checks a second, everybody of everybody', of: ({ machines }) => (machines * (machines - 1)) / checkSeconds },
  // SWIM: A. Das, I. Gupta, A. Motivala, 2002.
  { what: 'health checks a second, each of one other by chance', of: ({ machines }) => machines / checkSeconds },
  { what: 'pings a second, each to its broker', of: ({ machines }) => machines / pingSeconds },
  { what: 'messages for one cancel, while it is not known who works on it', of: ({ workers }) => workers },
  { what: 'messages for one cancel, when it is', of: () => 1 },
]

/** A limit that a NATS server has unless its configuration says otherwise. */
export interface NatsLimit {
  readonly name: string
  readonly value: number
  readonly unit: 'bytes' | 'connections' | 'seconds' | 'pings'
  readonly says: string
  readonly source: string
}

const reference = 'https://docs.nats.io/running-a-nats-service/configuration'

/** As the documentation has them, and `/varz` of a server shows them. */
export const natsLimits: readonly NatsLimit[] = [
  { name: 'max_payload', value: 2 ** 20, unit: 'bytes', says: 'of a message with its headers; more than 8 MB is not recommended, and more than 64 MB not possible', source: reference },
  { name: 'max_connections', value: 2 ** 16, unit: 'connections', says: 'of clients to one server', source: reference },
  { name: 'max_pending', value: 64 * 2 ** 20, unit: 'bytes', says: 'that wait for one client; one that is further behind is sent away', source: reference },
  { name: 'max_control_line', value: 4096, unit: 'bytes', says: 'of a line of the protocol, with its subjects in it', source: reference },
  { name: 'write_deadline', value: 10, unit: 'seconds', says: 'until a client has taken what is written to it', source: reference },
  { name: 'ping_interval', value: 120, unit: 'seconds', says: 'from one ping to the next', source: reference },
  { name: 'ping_max', value: 2, unit: 'pings', says: 'that may be unanswered', source: reference },
]
