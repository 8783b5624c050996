export * from './fetches.ts'
export * from './gather.ts'
