import { fileURLToPath } from 'node:url'
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2'
import type { Message } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { loadSync } from '@grpc/proto-loader'

interface Unary<T extends Message> {
  methodKind: 'unary'
  input: GenMessage<T>
  output: GenMessage<T>
}

const proto = new URL('../grpc-js/bench.proto', import.meta.url)
const { fileDescriptorProtos } = loadSync(fileURLToPath(proto))['Text'] as { fileDescriptorProtos: Buffer[] }
const file = fromBinary(FileDescriptorProtoSchema, fileDescriptorProtos[0]!)

/** The service of `bench.proto`, without a step that generates code. */
export const Bench = createFileRegistry(file, () => undefined).getService('Bench') as unknown as GenService<{
  say: Unary<Message & { text: string }>
  sleep: Unary<Message & { ms: number }>
}>
