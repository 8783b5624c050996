import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from '@rpc-steps/async-await'

/**
 * What checks a value and can say as JSON Schema what it lets through. Zod makes such, and Valibot, and others:
 * standardschema.dev is what they have agreed on.
 */
export interface Schema<T = unknown> {
  readonly '~standard': StandardSchemaV1.Props<unknown, T> & StandardJSONSchemaV1.Props<unknown, T>
}

/** The type of what a schema lets through. */
export type Of<S> = S extends { readonly '~standard': { readonly types?: { readonly output: infer T } | undefined } } ? T : never

/** What is wrong with a value, or the value as the schema understands it. */
export type Checked<T> = { value: T; wrong?: never } | { value?: never; wrong: string }

// #region check
/** Checks a value that came from outside. Throws TypeError if the schema has to wait for something: nobody waits here. */
export function check<T>(schema: Schema<T>, value: unknown): Checked<T> {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new TypeError('a schema of the contract must not be asynchronous')
  const issue = result.issues?.[0]
  if (!issue) return { value: (result as StandardSchemaV1.SuccessResult<T>).value }
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return { wrong: path === '' ? issue.message : `"${path}": ${issue.message}` }
}
// #endregion

/** JSON Schema of a value as it comes over the wire; draft 7, which OpenRPC and MCP both read. */
export function jsonSchema(schema: Schema): Record<string, Json> {
  const { $schema: _, ...rest } = schema['~standard'].jsonSchema.input({ target: 'draft-07' })
  return rest as Record<string, Json>
}
