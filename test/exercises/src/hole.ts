import { createRequire } from 'node:module'
import type TS from 'typescript'

let loaded: typeof TS | undefined
/** It is large, and most of what a reader asks for does not need it. */
const typescript = () => (loaded ??= createRequire(import.meta.url)('typescript') as typeof TS)

/** The function of a source whose body is the reader's to write: `gather`, or `Loop.#dispatch` of a class. */
export interface Hole {
  /** Relative to the package. */
  file: string
  name: string
}

/** The body of a function, without its braces and its margin. Throws when there is no such function. */
export function bodyIn(source: string, name: string): string {
  const { text, from, to, isBlock } = find(source, name)
  return isBlock ? dedent(text.slice(from + 1, to - 1)) : `return ${dedent(text.slice(from, to))}`
}

/** The source with another body in this function. What is around it stays as it is. */
export function withBody(source: string, name: string, body: string): string {
  const { text, from, to, margin } = find(source, name)
  const inner = dedent(body).replace(/^(?=.)/gm, `${margin}  `)
  return `${text.slice(0, from)}{\n${inner}\n${margin}}${text.slice(to)}`
}

/** The first and the last line of a function's body, from 1; undefined when there is no such function. */
export function linesIn(source: string, name: string): [number, number] | undefined {
  try {
    const { text, from, to } = find(source, name)
    const lineAt = (place: number) => text.slice(0, place).split('\n').length
    return [lineAt(from), lineAt(to)]
  } catch {
    return undefined
  }
}

function find(text: string, name: string) {
  const ts = typescript()
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2023, true)
  const bodies: TS.Node[] = []
  const visit = (node: TS.Node, path: readonly string[]) => {
    const own = (node as Partial<TS.NamedDeclaration>).name?.getText()
    const here = own === undefined ? path : [...path, own]
    const body = bodyOf(node)
    if (body && here.join('.') === name) bodies.push(body)
    // What is inside of a function has no name outside of it.
    else if (!body) ts.forEachChild(node, (child) => visit(child, here))
  }
  visit(source, [])
  const [body, other] = bodies
  if (!body || other) throw new Error(`${bodies.length} functions are called ${name}, not one`)
  const from = body.getStart()
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1)
  return { text, from, to: body.getEnd(), isBlock: ts.isBlock(body), margin: /^ */.exec(line)![0] }
}

function bodyOf(node: TS.Node): TS.Node | undefined {
  const ts = typescript()
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node) || ts.isConstructorDeclaration(node)) {
    return node.body
  }
  const isNamed = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)
  const value = isNamed ? node.initializer : undefined
  return value && ts.isArrowFunction(value) ? value.body : undefined
}

function dedent(text: string): string {
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n')
  // What an expression begins with stands on the line of its arrow, so it has no margin.
  const margins = lines.filter((line) => /\S/.test(line)).map((line) => line.search(/\S/))
  const margin = Math.min(...margins)
  return lines.map((line) => line.slice(margin)).join('\n')
}
