import { createFileRegistry, fromJson } from '@bufbuild/protobuf'
import type { DescService, JsonValue } from '@bufbuild/protobuf'
import { file_google_protobuf_empty, file_google_protobuf_struct, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import 'protobufjs/ext/descriptor/index.js'
import { protoNames } from '../src/index.ts'
import { parse } from '../src/messages.ts'

interface Descriptor {
  name: string
  package?: string
  dependency?: string[]
  messageType: { name: string; field?: { typeName?: string; oneofIndex?: number; proto3Optional?: boolean }[] }[]
  service: { method: { inputType: string; outputType: string }[] }[]
}

/** A service as @bufbuild/protobuf knows it, from our `.proto` and from nothing else of ours. */
export function serviceOf(proto: string): DescService {
  const root = parse(proto) as unknown as { toDescriptor(edition: string): { toJSON(): { file: Descriptor[] } } }
  const file = root.toDescriptor('proto3').toJSON().file.find((file) => file.package === protoNames.package)!
  // protobufjs leaves out from which package a type is, and that what is optional is no choice.
  const own = new Set(file.messageType.map(({ name }) => name))
  const full = (name: string) => {
    const last = name.split('.').at(-1)!
    return `.${own.has(last) ? file.package : 'google.protobuf'}.${last}`
  }
  for (const field of file.messageType.flatMap(({ field = [] }) => field)) {
    if (field.typeName) field.typeName = full(field.typeName)
    if (field.oneofIndex !== undefined) field.proto3Optional = true
  }
  for (const method of file.service.flatMap(({ method }) => method)) {
    method.inputType = full(method.inputType)
    method.outputType = full(method.outputType)
  }
  const imports = new Map([file_google_protobuf_empty, file_google_protobuf_struct].map((file) => [`${file.name}.proto`, file]))
  file.dependency = [...imports.keys()]
  const registry = createFileRegistry(fromJson(FileDescriptorProtoSchema, file as unknown as JsonValue), (name) => imports.get(name))
  return registry.getService(`${protoNames.package}.${protoNames.service}`)!
}
