import type { Address } from '@rpc-steps/async-await'
import { readAddress } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'

/** Addresses of servers: `127.0.0.1:8081,127.0.0.1:8082,[::1]:8083`. */
export const serversOption: Option<readonly Address[] | undefined> = {
  hint: 'HOST:PORT,...',
  help: 'spreads the calls over these servers, and tries again',
  default: undefined,
  read: (text) => text.split(',').map(readAddress),
}
