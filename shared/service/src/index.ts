export * from './method.ts'
export * from './service.ts'
export * from './lookup.ts'
