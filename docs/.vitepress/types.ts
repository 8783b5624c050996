import { join, sep } from 'node:path'
import ts from 'typescript'
import type { MarkdownOptions } from 'vitepress'
import { besidePages } from './beside.ts'
import { regionsOf, root, textOf } from './source.ts'
import type { Lines } from './source.ts'

type Transformer = NonNullable<MarkdownOptions['codeTransformers']>[number]

/**
 * The names whose type the reader can ask for, by region of a step, such as `client.ts#join`. Each
 * is shown at its first place in the region.
 */
export type Asked = Readonly<Record<string, readonly string[]>>

const asked = Object.fromEntries(
  (await besidePages<Asked>('types')).flatMap(([{ folder }, regions]) =>
    Object.entries(regions).map(([region, names]) => [`steps/${folder}/${region}`, names]),
  ),
)

/** What the compiler knows of a name; line and character count from 0. */
export interface Typed {
  name: string
  line: number
  character: number
  type: string
}

/** The compiler, with what it is asked about; made when it is first needed. */
let compiler: { service: ts.LanguageService; texts: Map<string, string> } | undefined

function theCompiler() {
  if (compiler) return compiler
  const config = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const texts = new Map<string, string>()
  const read = (path: string) => texts.get(path) ?? ts.sys.readFile(path)
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...texts.keys()],
    // A text is its own version: what has not changed is not looked at again.
    getScriptVersion: (path) => texts.get(path) ?? '',
    getScriptSnapshot(path) {
      const text = read(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: read,
    directoryExists: ts.sys.directoryExists,
  })
  return (compiler = { service, texts })
}

/**
 * Asks the compiler for the types of names in a source file, as an editor does.
 *
 * @param file relative to the root
 * @param within where the names are; each is looked up at its first place there
 * @param text what is in the file
 * @throws Error when the file has a type error, or no such name
 */
export function typesOf(
  file: string,
  names: readonly string[],
  within: Lines,
  text = textOf(file),
): Typed[] {
  const { service, texts } = theCompiler()
  // The compiler writes paths with slashes, on Windows too.
  const path = join(root, file).split(sep).join('/')
  texts.set(path, text)
  const program = service.getProgram()!
  const source = program.getSourceFile(path)!
  const [error] = [
    ...service.getSyntacticDiagnostics(path),
    ...program.getSemanticDiagnostics(source),
  ]
  if (error) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')}`)
  return names.map((name) => {
    const node = firstOf(source, name, within)
    const info = node && service.getQuickInfoAtPosition(path, node.getStart(source))
    if (!info) throw new Error(`${file}: no ${name} whose type could be told`)
    const type = plain(ts.displayPartsToString(info.displayParts), node, program.getTypeChecker())
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source))
    return { name, line, character, type }
  })
}

/** Writes out what a parameter's type comes to, where it is told as something to be worked out. */
function plain(text: string, node: ts.Node, checker: ts.TypeChecker): string {
  const parameters = checker
    .getTypeAtLocation(node)
    .getCallSignatures()
    .flatMap((signature) => signature.getParameters())
  return parameters
    .map((parameter) => checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, node)))
    .filter(({ aliasTypeArguments }) => aliasTypeArguments)
    .reduce(
      (all, type) =>
        all.replace(
          spaced(checker.typeToString(type)),
          checker.typeToString(type, node, ts.TypeFormatFlags.InTypeAlias),
        ),
      spaced(text),
    )
}

const spaced = (text: string) => text.replace(/\s+/g, ' ')

function firstOf(source: ts.SourceFile, name: string, lines: Lines): ts.Node | undefined {
  const visit = (node: ts.Node): ts.Node | undefined => {
    if (!ts.isIdentifier(node) || node.text !== name) return ts.forEachChild(node, visit)
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
    return lines.first <= line && line <= lines.last ? node : undefined
  }
  return visit(source)
}

const known = new Map<string, { text: string; types: Typed[] }>()

/** All that the reader can ask for in a file. */
function typesIn(file: string, text: string): Typed[] {
  const before = known.get(file)
  if (before?.text === text) return before.types
  const regions = regionsOf(text)
  const types = Object.entries(asked).flatMap(([key, names]) => {
    if (!key.startsWith(`${file}#`)) return []
    const region = regions.find(({ name }) => key === `${file}#${name}`)
    if (!region) throw new Error(`there is no region ${key}`)
    return typesOf(file, names, region, text)
  })
  known.set(file, { text, types })
  return types
}

/**
 * Makes a button of each name that can be asked for, with its type. A fence says in its info which
 * file it is from, and with which line it begins: `from=FILE first=LINE`.
 */
export const types: Transformer = {
  name: 'types',
  preprocess(code, options) {
    const [, file, first] = /\bfrom=(\S+) first=(\d+)/.exec(options.meta?.__raw ?? '') ?? []
    if (file === undefined) return
    const whole = textOf(file)
    const source = whole.split(/\r?\n/)
    const shown = code.split('\n')
    for (const { name, line, character, type } of typesIn(file, whole)) {
      const here = line + 1 - Number(first)
      const text = shown[here]
      if (text === undefined) continue
      // A region may have lost some of its indentation.
      const start = character - (source[line]!.length - text.length)
      options.decorations ??= []
      options.decorations.push({
        start: { line: here, character: start },
        end: { line: here, character: start + name.length },
        tagName: 'button',
        alwaysWrap: true,
        properties: { type: 'button', class: 'typed' },
        // A list of its own: Shiki still counts the children that were there.
        transform(element) {
          element.children = [...element.children, note(type)]
        },
      })
    }
  },
}

/** Not copied with the code, and read aloud with the name once it is shown. */
function note(type: string) {
  return {
    type: 'element' as const,
    tagName: 'span',
    properties: { class: 'type vp-copy-ignore' },
    children: [{ type: 'text' as const, value: type }],
  }
}
