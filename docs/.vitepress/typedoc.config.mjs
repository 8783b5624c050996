import { existsSync, readdirSync } from 'node:fs'

const root = new URL('../../', import.meta.url)
const packages = ['shared', 'steps'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .sort()
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(new URL(`${path}/src/index.ts`, root))),
)

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'API reference',
  logLevel: 'Error',
  entryPointStrategy: 'packages',
  // Relative, with slashes: an absolute one is taken as a pattern, in which \ and [] mean something.
  entryPoints: packages.map((path) => `../../${path}`),
  packageOptions: {
    entryPoints: ['src/index.ts'],
    tsconfig: '../../docs/.vitepress/tsconfig.api.json',
    // The type check is a check of its own.
    skipErrorChecking: true,
    disableSources: true,
    readme: 'none',
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    validation: { notExported: false, invalidLink: true, notDocumented: true },
    requiredToBeDocumented: ['Class', 'Interface', 'Function', 'TypeAlias'],
  },
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  out: '../api',
  docsRoot: '..',
  readme: 'none',
  // One page a package.
  router: 'module',
  entryFileName: 'index',
  hideGenerator: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  disableSources: true,
}
