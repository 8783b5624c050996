import type { Address } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'

/** The address of another server: `127.0.0.1:8080`, `[::1]:8080`. */
export const upstreamOption: Option<Address | undefined> = {
  hint: 'HOST:PORT',
  help: 'the server that relay calls',
  default: undefined,
  read(text) {
    const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
    const address = { host: six ?? four ?? '', port: Number(port) }
    if (address.port >= 1 && address.port <= 65535) return address
    throw new UsageError(`must be HOST:PORT, not "${text}"`)
  },
}
