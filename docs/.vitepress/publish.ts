import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DefaultTheme, UserConfig } from 'vitepress'
import { headOf } from './head.ts'
import type { Place } from './head.ts'
import { allPages, chapters, full, index } from './llms.ts'

type Published = Pick<
  UserConfig<DefaultTheme.Config>,
  'transformHead' | 'sitemap' | 'buildEnd'
>

/** What a build makes besides pages, for search engines, for links from elsewhere, for models. */
export function published({ base, site }: Place, about: string): Published {
  const here = (site ?? '') + base
  return {
    transformHead: ({ page: file, pageData: { title }, description }) =>
      file === '404.md' ? [] : headOf({ file, title, description }, { base, site }),
    ...(site !== undefined && {
      sitemap: {
        hostname: here,
        transformItems: (items) => items.filter(({ url }) => !url.startsWith('source/')),
      },
    }),
    async buildEnd({ outDir }) {
      const write = (name: string, text: string) => writeFile(join(outDir, name), text)
      const sitemap = site === undefined ? '' : `Sitemap: ${here}sitemap.xml\n`
      await write('robots.txt', `User-agent: *\nAllow: /\n${sitemap}`)
      await write('llms.txt', index(about, allPages(), here))
      await write('llms-full.txt', full(about, chapters(), here))
      if (!site) console.log('SITE is not set: no sitemap, and no pictures for those who link here')
    },
  }
}
