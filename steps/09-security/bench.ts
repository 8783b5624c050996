/** A plain connection, as in step 08: what TLS adds is measured by cost.ts. */
export { client } from '../08-streaming/bench.ts'
