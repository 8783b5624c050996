import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'API reference',
  entryPointStrategy: 'packages',
  entryPoints: ['shared', 'steps'].flatMap((folder) =>
    readdirSync(`${root}${folder}`)
      .sort()
      .map((name) => `${root}${folder}/${name}`)
      .filter((path) => existsSync(`${path}/src/index.ts`)),
  ),
  packageOptions: {
    entryPoints: ['src/index.ts'],
    tsconfig: `${root}docs/tsconfig.api.json`,
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
  out: `${root}docs/api`,
  docsRoot: `${root}docs`,
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
