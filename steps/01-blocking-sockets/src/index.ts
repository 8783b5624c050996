/**
 * Sockets that block: while a program waits, its thread sleeps in the kernel.
 *
 * @packageDocumentation
 */
export { Stream, TimeoutError } from './stream.ts'
export { Client, connect, type ClientOptions } from './client.ts'
export { answer, type Context, type Handler } from './handler.ts'
export { Connection, type ConnectionOptions } from './connection.ts'
export { listen, serve, type Listener } from './server.ts'
export { startThreads, type ThreadOptions } from './threads.ts'
