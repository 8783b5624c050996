export * from './copy.ts'
export * from './failure.ts'
export * from './run-tests.ts'
export * from './telling.ts'
