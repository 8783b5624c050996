// The client of step 04: what is new is in the server.
export { client } from '../04-async-await/bench.ts'
