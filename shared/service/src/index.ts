export * from './method.ts'
export * from './pages.ts'
export * from './service.ts'
export * from './lookup.ts'
