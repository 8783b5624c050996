export * from './info.ts'
export * from './options.ts'
export * from './bench.ts'
export * from './queue.ts'
