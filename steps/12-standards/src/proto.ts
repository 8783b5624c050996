import type { Contract } from './contract.ts'
import { rpcsOf } from './shapes.ts'
import type { Field, Message, Rpc, Shape } from './shapes.ts'

/** How a service is called in gRPC. */
export interface ProtoNames {
  package?: string
  service?: string
}

/** `/PACKAGE.SERVICE/` begins the path of every call. */
export const protoNames: Readonly<Required<ProtoNames>> = { package: 'rpcsteps.v1', service: 'Service' }

// #region proto
/** A contract as a `.proto` file. Throws TypeError where protobuf has no words for it. */
export function protoOf(contract: Contract, names: ProtoNames = {}): string {
  const { package: inPackage, service } = { ...protoNames, ...names }
  const rpcs = rpcsOf(contract)
  const messages = new Map<string, Message>()
  const used = new Set<string>()
  for (const { request, response } of rpcs) {
    collect(request, messages, used)
    collect(response, messages, used)
  }
  return [
    'syntax = "proto3";',
    `// Made from the contract. A field has its number by its place there: a new one goes behind the others,
// and none is ever taken out or moved, because its number would get another meaning.
package ${inPackage};`,
    [...used].sort().map((name) => `import "google/protobuf/${name}.proto";`).join('\n'),
    `service ${service} {\n${rpcs.map(rpcText).join('\n')}\n}`,
    ...[...messages.values()].map(messageText),
  ].filter((text) => text !== '').join('\n\n') + '\n'
}

function rpcText({ name, entry, request, response }: Rpc): string {
  const [up, down] = [entry.up ? 'stream ' : '', entry.down ? 'stream ' : '']
  return `  // ${entry.says}\n  rpc ${name}(${up}${typeName(request)}) returns (${down}${typeName(response)});`
}

function messageText({ name, fields }: Message): string {
  if (fields.length === 0) return `message ${name} {}`
  return `message ${name} {\n${fields.map(fieldText).join('\n')}\n}`
}

function fieldText({ name, shape, rule }: Field, index: number): string {
  return `  ${rule === 'one' ? '' : `${rule} `}${typeName(shape)} ${name} = ${index + 1};`
}
// #endregion

/** As protobuf calls it. */
export function typeName(shape: Shape): string {
  if (shape.kind === 'value') return 'google.protobuf.Value'
  if (shape.kind === 'empty') return 'google.protobuf.Empty'
  return shape.kind === 'message' ? shape.name : shape.kind
}

function collect(shape: Shape, messages: Map<string, Message>, used: Set<string>): void {
  if (shape.kind === 'value') used.add('struct')
  if (shape.kind === 'empty') used.add('empty')
  if (shape.kind !== 'message') return
  messages.set(shape.name, shape)
  for (const field of shape.fields) collect(field.shape, messages, used)
}
