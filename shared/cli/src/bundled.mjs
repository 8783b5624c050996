/*
 * Runs a program of ours as one file of JavaScript: node bundled.mjs PROGRAM [arguments]. Tests start hundreds,
 * and to compile its sources one by one costs each of them five times what Node itself takes to start.
 *
 * The file is kept in node_modules/.cache. Its last line names the sources that went into it, with a hash of
 * what they held: when one of them holds something else, the program is bundled anew.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// For the program, it is the one that was started.
const [self, program] = process.argv.splice(1, 2, process.argv[2])

const home = above(program, 'node_modules')
const cache = join(home, 'node_modules', '.cache', 'rpc-steps')
const bundle = join(cache, `${encodeURIComponent(relative(home, program))}.mjs`)
if (!isFresh()) await make()
process.setSourceMapsEnabled(true)
await import(pathToFileURL(bundle).href)

function isFresh() {
  try {
    const text = readFileSync(bundle, 'utf8')
    const { sources, hash } = JSON.parse(text.slice(text.lastIndexOf('\n// ') + 4))
    return hash === hashOf(sources.map((file) => readFileSync(join(home, file))))
  } catch {
    // There is none, or one of its sources is gone.
    return false
  }
}

async function make() {
  const { build, stop, transform } = await import('esbuild')
  const held = new Map()
  const read = (file) => held.get(file) ?? held.set(file, readFileSync(file)).get(file)
  // What it is made by, and how.
  for (const file of [self, fileURLToPath(import.meta.resolve('esbuild/package.json'))]) read(file)
  let imports = false
  const ours = {
    name: 'ours',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ kind, path }) => {
        return kind === 'entry-point' || path.startsWith('@rpc-steps/') ? undefined : { external: true }
      })
      onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
        const text = read(path).toString()
        // Says what names of packages stand for.
        read(join(above(path, 'package.json'), 'package.json'))
        imports ||= /\bimport\((?!\s*['"])/.test(text)
        const loader = extname(path).replace(/^\.m?/, '')
        if (!text.includes('import.meta.')) return { contents: text, loader }
        // Each file keeps its own place.
        const define = { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) }
        const { code } = await transform(text, { ...how, loader, define, sourcefile: path, sourcemap: 'inline' })
        return { contents: code, loader: 'js' }
      })
      onLoad({ filter: /\.json$/ }, ({ path }) => ({ contents: read(path), loader: 'json' }))
    },
  }
  const how = { target: 'node20', tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } }
  const { outputFiles } = await build({
    ...how,
    entryPoints: [program],
    bundle: true,
    platform: 'node',
    format: 'esm',
    keepNames: true,
    sourcemap: 'inline',
    sourcesContent: false,
    outfile: bundle,
    write: false,
    logLevel: 'error',
    plugins: [ours],
  })
  await stop()
  // What imports a file that only it knows, goes through tsx.
  const code = imports ? `import ${JSON.stringify(import.meta.resolve('tsx'))}\nawait import(${JSON.stringify(pathToFileURL(program).href)})\n` : outputFiles[0].text
  const from = JSON.stringify({ sources: [...held.keys()].map((file) => relative(home, file)), hash: hashOf([...held.values()]) })
  mkdirSync(cache, { recursive: true })
  // Of those who make it at the same time, each puts a whole one in its place.
  const mine = `${bundle}.${process.pid}`
  writeFileSync(mine, `${code}\n// ${from}`)
  try {
    renameSync(mine, bundle)
  } catch (error) {
    // On Windows, while somebody reads the one that is there.
    rmSync(mine)
    if (!isFresh()) throw error
  }
  forget()
}

/** Removes the bundles of programs that are gone: tests try copies of a step. */
function forget() {
  for (const name of readdirSync(cache)) {
    const [, file] = /^(.*)\.mjs$/.exec(name) ?? []
    if (file && !existsSync(join(home, decodeURIComponent(file)))) rmSync(join(cache, name), { force: true })
  }
}

function hashOf(contents) {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(`${content.length}\n`).update(content)
  return hash.digest('hex')
}

/** The nearest folder above a file that has something of this name in it. */
function above(file, name) {
  let folder = dirname(file)
  while (!existsSync(join(folder, name))) {
    if (folder === dirname(folder)) throw new Error(`there is no ${name} in any folder above ${file}`)
    folder = dirname(folder)
  }
  return folder
}
