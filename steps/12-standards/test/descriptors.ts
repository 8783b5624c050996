import { createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import type { DescService } from '@bufbuild/protobuf'
import { file_google_protobuf_empty, file_google_protobuf_struct, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { FileDescriptorProto } from 'protobufjs/ext/descriptor/index.js'
import type { Type } from 'protobufjs'
import { protoNames } from '../src/index.ts'
import { parse } from '../src/messages.ts'

interface Descriptor {
  name: string
  package?: string
  dependency?: string[]
  messageType: { name: string; field?: { typeName?: string }[] }[]
  service: { method: { inputType: string; outputType: string }[] }[]
}

/** A service as @bufbuild/protobuf knows it, from our `.proto` and from nothing else of ours. */
export function serviceOf(proto: string): DescService {
  const root = parse(proto) as unknown as { toDescriptor(edition: string): { toJSON(): { file: Descriptor[] } } }
  const file = root.toDescriptor('proto3').toJSON().file.find(({ package: name }) => name === protoNames.package)!
  // protobufjs leaves out where a type comes from, and @bufbuild/protobuf asks for it.
  const own = new Set(file.messageType.map(({ name }) => name))
  const full = (name: string) => {
    const last = name.split('.').at(-1)!
    return `.${own.has(last) ? file.package : 'google.protobuf'}.${last}`
  }
  for (const field of file.messageType.flatMap(({ field = [] }) => field)) {
    if (field.typeName) field.typeName = full(field.typeName)
  }
  for (const method of file.service.flatMap(({ method }) => method)) {
    method.inputType = full(method.inputType)
    method.outputType = full(method.outputType)
  }
  const imports = new Map([file_google_protobuf_empty, file_google_protobuf_struct].map((file) => [`${file.name}.proto`, file]))
  file.dependency = [...imports.keys()]
  const bytes = (FileDescriptorProto as Type).encode((FileDescriptorProto as Type).fromObject(file)).finish()
  const registry = createFileRegistry(fromBinary(FileDescriptorProtoSchema, bytes), (name) => imports.get(name))
  return registry.getService(`${protoNames.package}.${protoNames.service}`)!
}
