import { fileURLToPath } from 'node:url'
import { loadPackageDefinition } from '@grpc/grpc-js'
import type { ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** The client class of `bench.proto`; its `service` is what a server adds. */
export const Bench = loadPackageDefinition(
  loadSync(fileURLToPath(new URL('bench.proto', import.meta.url))),
)['Bench'] as ServiceClientConstructor
