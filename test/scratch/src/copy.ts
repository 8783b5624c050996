import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The files of the repository, those included that are not committed yet. */
export function files(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  return list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))
}

/** Copies the repository as Git sees it. */
export function copyTo(folder: string): void {
  for (const file of files()) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
}

/** Links what is installed, and the packages of the copy itself, as `npm install` would. */
export function install(folder: string): void {
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')]
  mkdirSync(join(to, '@rpc-steps'), { recursive: true })
  for (const name of readdirSync(from)) {
    // Caches would be written to.
    if (name !== '@rpc-steps' && !/^\.(?!bin$)/.test(name)) link(join(from, name), join(to, name))
  }
  for (const group of ['shared', 'steps', 'test']) {
    for (const name of readdirSync(join(folder, group))) {
      link(join(folder, group, name), join(to, '@rpc-steps', basename(name).replace(/^\d\d-/, '')))
    }
  }
}

/** Also without the rights that Windows asks for a link of another kind. */
function link(target: string, path: string): void {
  symlinkSync(target, path, 'junction')
}
