import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { baseFrom } from '../base.ts'
import { steps } from '../course.ts'
import { root } from '../source.ts'

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const foldersOf = (path: string) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()

interface Package {
  resolved?: string
  optionalDependencies?: Record<string, string>
}

/** What would make `npm ci` fail on some other machine. npm itself says nothing of either. */
function lockProblems(packages: Record<string, Package>): string[] {
  const names = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)),
  )
  return Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => [
    ...(resolved?.startsWith('http') ? [`${path} is tied to one registry: ${resolved}`] : []),
    ...Object.keys(optionalDependencies)
      .filter((name) => !names.has(name))
      .map((name) => `${path} wants ${name}, which is not in the lock file`),
  ])
}

describe('the lock file', () => {
  test('installs on every platform, from any registry', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, Package>
    }
    expect(Object.keys(packages).length).toBeGreaterThan(100)
    expect(lockProblems(packages)).toEqual([])
  })

  test('is found wanting when a platform is missing or a registry is named', () => {
    expect(
      lockProblems({
        'node_modules/a': {
          resolved: 'https://registry.example/a.tgz',
          optionalDependencies: { b: '1', '@c/d': '1' },
        },
        'node_modules/x/node_modules/@c/d': {},
      }),
    ).toEqual([
      'node_modules/a is tied to one registry: https://registry.example/a.tgz',
      'node_modules/a wants b, which is not in the lock file',
    ])
  })
})

/** What a script uses that not every system has, or that cmd and sh read in two ways. */
function shellOf(script: string): string[] {
  const bare = script.replace(/"[^"]*"/g, '""')
  const programs = bare.split(/&&|\|\|/).map((part) => /^[\s(]*(\S+)/.exec(part)?.[1] ?? '')
  const ours = ['node', 'npm', ...readdirSync(join(root, 'node_modules/.bin'))]
  return [
    ...programs.filter((program) => !ours.includes(program)),
    ...(bare.match(/['`$;<>*%~^\\]|(?<![&|])[&|](?![&|])/g) ?? []),
  ]
}

describe('the scripts', () => {
  const workspaces = ['shared', 'steps', 'test'].flatMap((folder) =>
    foldersOf(folder).map((name) => `${folder}/${name}/package.json`),
  )

  test.each(['package.json', 'docs/package.json', ...workspaces])(
    'of %s run in any shell',
    (file) => {
      const { scripts = {} } = JSON.parse(read(file)) as { scripts?: Record<string, string> }
      expect(Object.values(scripts).flatMap(shellOf)).toEqual([])
    },
  )

  test('are found wanting when they need a certain one', () => {
    expect(
      ['rm -rf dist && tsc', 'CI=1 vitest run', "node -e '1'", 'vitest & tsc', 'tsc > out', 'tsc *.ts'].map(
        shellOf,
      ),
    ).toEqual([['rm'], ['CI=1'], ["'", "'"], ['&'], ['>'], ['*']])
  })
})

describe('the course', () => {
  test('has every step of the repository', () => {
    expect(steps.map(({ folder }) => folder)).toEqual(foldersOf('steps'))
  })

  test.each(steps)(
    'has a page for step $number, and the README leads to the step',
    ({ folder }) => {
      expect(existsSync(join(root, `docs/steps/${folder}/index.md`))).toBe(true)
      expect(read('README.md')).toContain(folder)
    },
  )
})

test('the base path has its slashes', () => {
  expect([undefined, '', '/', '/rpc-steps/', '/a/b/'].map(baseFrom)).toEqual([
    '/',
    '/',
    '/',
    '/rpc-steps/',
    '/a/b/',
  ])
  for (const wrong of ['rpc-steps', '/rpc-steps', 'rpc-steps/', '//x/', 'https://x/']) {
    expect(() => baseFrom(wrong)).toThrow('BASE must begin and end with a slash')
  }
})
