/** What a module has by default. */
export async function defaultOf<T>({ href }: URL): Promise<T> {
  const { default: found } = (await load(href)) as { default: T }
  return found
}

/** Node 20 reads TypeScript only with tsx, and what VitePress starts goes without. */
async function load(href: string): Promise<unknown> {
  try {
    return await import(href)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    const { tsImport } = await import('tsx/esm/api')
    return tsImport(href, import.meta.url)
  }
}
