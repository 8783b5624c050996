// The client of step 04: what is new is in front of the service.
export { client } from '../04-async-await/bench.ts'
