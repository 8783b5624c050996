export * from './options.ts'
export * from './server.ts'
export * from './client.ts'
export { main } from './main.ts'
